// An `if` that skips a lot of work where it is false for whole groups of pixels.
//
// Software OpenGL runs several pixels in step, and both sides of every `if` for all of them; loops it
// does leave as soon as no pixel needs another round. A loop costs more than a few fetches, though: only
// for what takes dozens of them. On graphics cards it is an ordinary branch.
#ifndef WHEN
#define WHEN(condition) for (int when_ = int(condition); when_ > 0; when_--)
#endif
