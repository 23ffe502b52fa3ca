// An `if` that costs nothing where it is false.
//
// Software OpenGL runs several pixels in step, and both sides of every `if` for all of them; loops it
// does leave as soon as no pixel needs another round. On graphics cards it is an ordinary branch.
#ifndef WHEN
#define WHEN(condition) for (int when_ = int(condition); when_ > 0; when_--)
#endif
