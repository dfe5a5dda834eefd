"""Plain NumPy twins of the kernels of each likelihood; the same equations, held equal by tests."""
