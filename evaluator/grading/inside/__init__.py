"""What runs in the sandbox. Plain Python only: nothing here may import the rest of the house."""
