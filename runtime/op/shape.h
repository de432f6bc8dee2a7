/* The shape rules that the rows of ops.def name.  Ownership: nothing here owns anything. */
#ifndef OP_SHAPE_H
#define OP_SHAPE_H
#include "op/op.h"

#define OP(name, class, arity, shape, ...) shape_rule shape;
#include "op/ops.def"
#undef OP

#endif
