"""Face meshes by programs that are not the product's, in processes of their own."""

#: The beginning of such a program: MediaPipe imports matplotlib, which is not installed and which nothing here draws with.
#: The modules have a spec, because syncmeter asks ``importlib.util.find_spec`` whether matplotlib is there.
WITHOUT_PLOTS = """
import importlib.machinery, sys, types
for name in ("matplotlib", "matplotlib.pyplot"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__spec__ = importlib.machinery.ModuleSpec(name, None)
sys.modules["matplotlib"].pyplot = sys.modules["matplotlib.pyplot"]
"""
