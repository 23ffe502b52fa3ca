"""Head360: a parametric 3D head — model, rendering, fitting and editing. Never imports Qt.

Conventions, everywhere:
    Head space is right-handed, in metres: origin between the ears, +x to the head's own left,
    +y up, +z out of the face. View space looks along -z. Matrices act on column vectors and are
    named destination first: `view_from_head @ point_in_head`. Angles are radians unless a name
    ends in `_degrees`. Images are (H, W, C) with the top row first; colour is linear RGB unless a
    name says sRGB. UV maps have v = 0 at row 0 (bottom row first, as OpenGL uploads them).
    Leading `*B` in a shape means any batch dimensions.
"""

import os

__version__ = "0.8.0"

# Threads that wait for torch's next task would spin, on the cores that software OpenGL draws with.
# The OpenMP library reads this once, when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# The same holds for numpy's linear algebra, whose matrices here are too small to share anyway.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
