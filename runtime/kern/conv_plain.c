/* Convolutions of images with channels last, as they are defined: every product, one after the other. */
#include <string.h>

#include "kern/inner.h"

void conv_plain(const struct call *call) {
  struct window v = conv_window(call);
  int image = call->op == OP_conv2d_input ? 2 : 0, filter = call->op == OP_conv2d_weights ? 2 : 1;
  int result = call->op == OP_conv2d ? 2 : call->op == OP_conv2d_input ? 0 : 1;
  memset(call->out.data, 0, (size_t)(result_lines(call) * operand_count(&call->out)) * sizeof(float));
  for (int64_t line = 0; line < input_lines(call); line++)
    for (int64_t o = 0; o < v.o; o++)
      for (int64_t c = 0; c < v.c; c++)
        for (int64_t at = 0; at < v.oh * v.ow * v.kh * v.kw; at++) {
          int64_t y = at / (v.kw * v.kh * v.ow), x = at / (v.kw * v.kh) % v.ow, i = at / v.kw % v.kh, j = at % v.kw;
          int64_t h = y * v.stride + i - v.pad, w = x * v.stride + j - v.pad;
          if (h < 0 || h >= v.h || w < 0 || w >= v.w) continue;
          const struct operand *all[3] = {&call->in[0], &call->in[1], &call->out};
          float *p[3];
          for (int k = 0; k < 3; k++)
            p[k] = (float *)all[k]->data + (all[k]->type.rows ? line * operand_count(all[k]) : 0);
          p[image] += (h * v.w + w) * v.c + c;
          p[filter] += ((o * v.c + c) * v.kh + i) * v.kw + j;
          p[result] += (y * v.ow + x) * v.o + o;
          *p[2] += *p[0] * *p[1];
        }
}
