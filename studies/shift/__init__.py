"""What becomes of a student under domain shift, beside direct transfer?"""
