"""Face meshes by programs that are not the product's, in processes of their own."""

#: The beginning of such a program: MediaPipe imports matplotlib, which is not installed and which nothing here draws with.
WITHOUT_PLOTS = """
import sys, types
plots, pyplot = types.ModuleType("matplotlib"), types.ModuleType("matplotlib.pyplot")
plots.pyplot = pyplot
sys.modules.update({"matplotlib": plots, "matplotlib.pyplot": pyplot})
"""
