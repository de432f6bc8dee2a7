/* The formatter: canonical text from the tree, comments kept.
 *
 * Comments are not in the tree; they are found again in the source and written before the first piece that stands
 * behind them: at the end of the line where they had text before them, else on a line of their own.  There are no
 * newline tokens, so a line may end between any two pieces that do not touch, and a comment never changes the
 * meaning.
 *
 * A statement is written on one line where it fits and, if it has braces, where the user wrote it on one line.  A
 * pipeline that does not fit is broken where the user broke it; then every line that is still too long is broken
 * at its loosest place.  Every choice depends on the tree, on the comments, and on line breaks that the result
 * keeps, so formatting the result changes nothing. */
#include <string.h>

#include "base/string_builder.h"
#include "base/utf8.h"
#include "dsl/syntax/format_pieces.h"

enum { LIMIT = 100, STEP = 2 };

struct comment {
  uint32_t begin, end;
  bool trailing; /* has text before it on its line */
  bool spaced;   /* has an empty line before it */
};

struct printer {
  struct arena *arena;
  const struct source *source;
  struct string_builder out;
  int column;
  VEC(struct comment) comments;
  size_t next;   /* the first comment that is not written yet */
  bool blank_ok; /* an empty line may come next: not at the start of braces or of the file */
};

/* ---- the source ---- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static int lines_before(const struct source *source, uint32_t at) {
  int lines = 0;
  while (at > 0 && is_space(source->text[at - 1])) lines += source->text[--at] == '\n';
  return lines;
}

static void find_comments(struct printer *p) {
  const char *text = p->source->text;
  uint32_t length = (uint32_t)p->source->length;
  bool in_text = false;
  for (uint32_t i = 0; i < length; i++) {
    if (text[i] == '\n') in_text = false;
    else if (in_text && text[i] == '\\') i++;
    else if (text[i] == '"') in_text = !in_text;
    else if (text[i] == '#' && !in_text) {
      const char *stop = memchr(text + i, '\n', length - i);
      uint32_t end = stop ? (uint32_t)(stop - text) : length;
      int lines = lines_before(p->source, i);
      uint32_t before = i;
      while (before > 0 && is_space(text[before - 1])) before--;
      struct comment comment = {i, end, lines == 0 && before > 0, lines > 1};
      while (comment.end > comment.begin && is_space(text[comment.end - 1])) comment.end--;
      vec_push(p->arena, &p->comments, comment);
      i = end - 1;
    }
  }
}

static bool one_line(const struct printer *p, uint32_t begin, uint32_t end) {
  return end <= begin || !memchr(p->source->text + begin, '\n', end - begin);
}

static bool comment_within(const struct printer *p, uint32_t end) {
  return p->next < p->comments.n && p->comments.at[p->next].begin < end;
}

/* ---- output ---- */

static void put(struct printer *p, const char *text) {
  p->column += utf8_text_columns(text);
  string_put(&p->out, text);
}

/* Ends the line that is being written, if one is, and starts another. */
static void new_line(struct printer *p, int indent) {
  if (p->column > 0) put(p, "\n");
  p->column = 0;
  for (int i = 0; i < indent; i++) put(p, " ");
}

static void blank_line(struct printer *p, bool wanted) {
  if (!wanted || !p->blank_ok) return;
  if (p->column > 0) put(p, "\n");
  put(p, "\n");
  p->column = 0;
}

/* Writes the comments that stand before `end` in the source; true when there was one. */
static bool put_comments(struct printer *p, uint32_t end, int indent) {
  bool any = false;
  while (comment_within(p, end)) {
    const struct comment *comment = &p->comments.at[p->next++];
    bool attached = comment->trailing && p->column > 0 && !any;
    if (attached) {
      put(p, "  ");
    } else {
      blank_line(p, comment->spaced);
      new_line(p, indent);
    }
    put(p, arena_copy_string(p->arena, p->source->text + comment->begin, comment->end - comment->begin));
    p->blank_ok = true;
    any = true;
  }
  return any;
}

/* ---- layout of one statement's pieces ---- */

static int gap_width(enum gap gap) { return gap == TOUCH ? 0 : gap == WIDE ? 2 : 1; }

static int flat_width(const struct pieces *pieces, size_t from, size_t to) {
  int width = 0;
  for (size_t i = from; i < to; i++) {
    width += utf8_text_columns(pieces->list.at[i].text) + (i > from ? gap_width(pieces->list.at[i].gap) : 0);
  }
  return width;
}

/* The end of the line that starts at piece `from`: all that fits, or less so that the break is at the loosest
 * place. */
static size_t line_end(const struct pieces *pieces, size_t from, int capacity) {
  size_t best = 0, i = from + 1;
  int width = utf8_text_columns(pieces->list.at[from].text);
  for (; i < pieces->list.n; i++) {
    const struct piece *piece = &pieces->list.at[i];
    if (piece->gap == BREAK && piece->broken) return i;
    if (piece->gap == BREAK && (width <= capacity || !best)) {
      if (!best || piece->order <= pieces->list.at[best].order) best = i;
    }
    width += gap_width(piece->gap) + utf8_text_columns(piece->text);
    if (width > capacity && best) break;
  }
  /* A kept break that lies further on must not hide that this line is short enough. */
  return i == pieces->list.n && (width <= capacity || !best) ? i : best;
}

static void put_pieces(struct printer *p, const struct pieces *pieces, int indent) {
  size_t n = pieces->list.n;
  bool fits = p->column + flat_width(pieces, 0, n) <= LIMIT;
  size_t end = fits ? n : line_end(pieces, 0, LIMIT - p->column);
  for (size_t i = 0; i < n; i++) {
    const struct piece *piece = &pieces->list.at[i];
    bool commented = piece->offset && i > 0 && put_comments(p, piece->offset, indent + STEP);
    bool broken = commented || i == end;
    if (broken) {
      new_line(p, indent + STEP);
      bool rest_fits = fits && p->column + flat_width(pieces, i, n) <= LIMIT;
      end = rest_fits ? n : line_end(pieces, i, LIMIT - p->column);
    } else if (i > 0) {
      put(p, &"  "[2 - gap_width(piece->gap)]);
    }
    put(p, piece->text);
  }
}

/* ---- statements ---- */

static struct pieces pieces_of(struct printer *p, const struct ast *node, bool header) {
  struct pieces pieces = {.arena = p->arena, .source = p->source};
  statement_pieces(&pieces, node, header);
  return pieces;
}

static void put_items(struct printer *p, const struct ast *body, int first, int indent);

/* A statement with braces on several lines. */
static void put_block(struct printer *p, const struct ast *node, const struct ast *body, int first, int indent) {
  struct pieces header = pieces_of(p, node, true);
  put_pieces(p, &header, indent);
  p->blank_ok = false;
  if (node->kind == AST_BLOCK && is_one_expression(body)) {
    const struct ast *value = body->kid[0]->kid[0];
    put_comments(p, value->span.begin, indent + STEP);
    new_line(p, indent + STEP);
    struct pieces pieces = pieces_of(p, value, false);
    put_pieces(p, &pieces, indent + STEP);
  } else {
    put_items(p, body, first, indent + STEP);
  }
  put_comments(p, body->span.end, indent + STEP);
  new_line(p, indent);
  put(p, "}");
  p->blank_ok = true;
}

/* Whether an item may share a line with the one before it, where the user wrote them so. */
static bool shares(const struct ast *item) {
  int first;
  return !statement_body(item, &first) && item->kind != AST_RETURN;
}

static bool fits_on_line(struct printer *p, const struct ast *item, int column, struct pieces *flat) {
  int first;
  const struct ast *body = statement_body(item, &first);
  if (comment_within(p, item->span.end)) return false;
  /* What is much longer than a line is not tried: braces in braces would try their insides again and again. */
  if (body && item->span.end - item->span.begin > 10 * LIMIT) return false;
  if (body && !one_line(p, item->span.begin, item->span.end)) return false;
  *flat = pieces_of(p, item, false);
  return column + flat_width(flat, 0, flat->list.n) <= LIMIT;
}

static void put_item(struct printer *p, const struct ast *item, int indent) {
  int first;
  const struct ast *body = statement_body(item, &first);
  struct pieces flat = {0};
  if (fits_on_line(p, item, p->column, &flat) || !body) {
    if (!flat.list.n) flat = pieces_of(p, item, false);
    put_pieces(p, &flat, indent);
  } else {
    put_block(p, item, body, first, indent);
  }
  p->blank_ok = true;
}

static void put_items(struct printer *p, const struct ast *body, int first, int indent) {
  const char *between = "   ";
  bool shared = false; /* the item before this one is whole on the line being written */
  for (int i = first; i < body->kids; i++) {
    const struct ast *item = body->kid[i];
    bool commented = put_comments(p, item->span.begin, indent);
    struct pieces flat = {0};
    bool here = i > first && shared && !commented && shares(item) &&
                one_line(p, body->kid[i - 1]->span.end, item->span.begin) &&
                fits_on_line(p, item, p->column + 3, &flat);
    if (here) {
      put(p, between);
      put_pieces(p, &flat, indent);
      continue;
    }
    blank_line(p, lines_before(p->source, item->span.begin) > 1);
    new_line(p, indent);
    shared = shares(item) && fits_on_line(p, item, p->column, &flat);
    put_item(p, item, indent);
  }
}

const char *ast_format(struct arena *arena, const struct sources *sources, const struct ast *file) {
  struct printer p = {.out = {.arena = arena}, .arena = arena, .source = source_get(sources, file->span.source)};
  find_comments(&p);
  uint32_t version = 0;
  for (size_t i = 0; version < p.source->length; i++) {
    while (is_space(p.source->text[version])) version++;
    if (i == p.comments.n || p.comments.at[i].begin != version) break;
    version = p.comments.at[i].end;
  }
  put_comments(&p, version, 0);
  blank_line(&p, lines_before(p.source, version) > 1);
  new_line(&p, 0);
  put(&p, arena_format(arena, "crl %g", file->number));
  p.blank_ok = true;
  put_items(&p, file, 0, 0);
  put_comments(&p, (uint32_t)p.source->length, 0);
  if (p.column > 0) put(&p, "\n");
  return string_get(&p.out);
}
