"""Do projection and augmentation together need fewer gold sentences than either?"""
