"""How far do more source languages help?"""
