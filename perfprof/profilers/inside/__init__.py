"""What runs inside the target process: standard library only, any Python from 3.10."""
