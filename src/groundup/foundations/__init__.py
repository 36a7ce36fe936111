"""The ground: calculus, linear algebra and networks in NumPy alone, each file a page to read."""
