/* The command line: what it gives, and what it refuses in which words. */
#include <check.h>
#include <stdlib.h>

#include "cli/describe.h"

enum { WORDS = 32 };

static bool parse_words(struct options *options, struct arena *arena, const char *line, struct error *error) {
  char *argv[WORDS] = {"crlc"}, *text = arena_copy_string(arena, line, strlen(line));
  int argc = 1;
  for (char *word = strtok(text, " "); word && argc < WORDS; word = strtok(NULL, " ")) argv[argc++] = word;
  return options_parse(options, arena, argc, argv, error);
}

START_TEST(given) {
  struct arena *arena = arena_new();
  struct options o;
  struct error error = {0};
  ck_assert(parse_words(&o, arena,
                        "m.crl --train --epochs 3 --batch=7 --seed 18446744073709551615 --set a=1 --set b=x=y "
                        "--log-every 5 --out d --resume --quiet --message-format=json",
                        &error));
  ck_assert_int_eq(o.action, ACTION_train);
  ck_assert_str_eq(o.model, "m.crl");
  ck_assert_int_eq(o.epochs, 3);
  ck_assert_int_eq(o.batch, 7);
  ck_assert_uint_eq(o.seed, UINT64_MAX);
  ck_assert_uint_eq(o.set.n, 2);
  ck_assert_str_eq(o.set.at[1], "b=x=y");
  ck_assert_int_eq(o.log_every, 5);
  ck_assert(o.resume && o.quiet && o.given[OPTION_seed] && strcmp(o.message_format, "json") == 0);
  static const struct {
    const char *line;
    int64_t bytes;
  } sizes[] = {{"m.crl --plan --memory 77", 77},
               {"m.crl --train --memory 3K", 3 << 10},
               {"m.crl --plan --memory=1.5m", 3 << 19},
               {"m.crl --profile --memory 2G", INT64_C(2) << 30}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    ck_assert_msg(parse_words(&o, arena, sizes[i].line, &error), "%s", error.message);
    ck_assert_int_eq(o.memory, sizes[i].bytes);
  }
  ck_assert(parse_words(&o, arena, "m.crl --train -q -o d -j3", &error));
  ck_assert(o.quiet && o.threads == 3);
  ck_assert_str_eq(o.out, "d");
  ck_assert(parse_words(&o, arena, "-h", &error));
  ck_assert_int_eq(o.action, ACTION_help);
  ck_assert(parse_words(&o, arena, "-V", &error));
  ck_assert_int_eq(o.action, ACTION_version);
  ck_assert(parse_words(&o, arena, "m.crl", &error));
  ck_assert_int_eq(o.action, ACTION_summary);
  ck_assert_uint_eq(o.seed, 1);
  ck_assert(parse_words(&o, arena, "m.crl --graph=g.dot", &error));
  ck_assert_str_eq(o.argument, "g.dot");
  ck_assert(parse_words(&o, arena, "--ops", &error));
  ck_assert_ptr_null(o.argument);
  ck_assert(parse_words(&o, arena, "--ops relu", &error));
  ck_assert_str_eq(o.argument, "relu");
  ck_assert(parse_words(&o, arena, "--fmt a.crl b.crl", &error));
  ck_assert_uint_eq(o.files.n, 2);
  arena_free(arena);
}
END_TEST

static const struct {
  const char *line, *text, *hint;
} refused[] = {
    {"m.crl --epoch 3", "there is no option '--epoch'", "did you mean '--epochs'?"},
    {"m.crl --zzzzzzzz", "there is no option '--zzzzzzzz'", "'crlc --help' lists the options"},
    {"m.crl -x", "there is no option '-x'", "'crlc --help' lists the options"},
    {"m.crl --train -o", "--out needs an argument: --out DIR", ""},
    {"m.crl --train -qx", "--quiet takes no argument", ""},
    {"m.crl --train -j0", "--threads takes an integer from 1 to 1024, not '0'", ""},
    {"m.crl --train --epochs 0", "--epochs takes an integer from 1 to 1000000000, not '0'", ""},
    {"m.crl --train --epochs -1", "--epochs takes an integer from 1 to 1000000000, not '-1'", ""},
    {"m.crl --train --seed 18446744073709551616",
     "--seed takes an integer from 0 to 18446744073709551615, not '18446744073709551616'", ""},
    {"m.crl --train --batch 1e3", "--batch takes an integer from 1 to 1048576, not '1e3'", ""},
    {"m.crl --train --memory 0", "--memory takes a size such as 500K, 30M or 1.5G, not '0'", ""},
    {"m.crl --train --memory 30T", "--memory takes a size such as 500K, 30M or 1.5G, not '30T'", ""},
    {"m.crl --train --memory 1e6", "--memory takes a size such as 500K, 30M or 1.5G, not '1e6'", ""},
    {"m.crl --train --memory -3M", "--memory takes a size such as 500K, 30M or 1.5G, not '-3M'", ""},
    {"m.crl --train --memory 3MB", "--memory takes a size such as 500K, 30M or 1.5G, not '3MB'", ""},
    {"m.crl --evaluate --memory 3M --out d", "--memory means nothing to --evaluate",
     "it goes with --plan, --profile, --train"},
    {"m.crl --train --epochs", "--epochs needs an argument: --epochs N", ""},
    {"m.crl --train --train", "--train is given twice", ""},
    {"m.crl --train --evaluate", "--train and --evaluate cannot be asked for together", ""},
    {"m.crl --train --batch 1 --batch 2", "--batch is given twice", ""},
    {"m.crl --train --quiet=yes", "--quiet takes no argument", ""},
    {"m.crl --train=x", "--train takes no argument", ""},
    {"m.crl n.crl", "'n.crl' is one argument too many", ""},
    {"", "no model file is given", "crlc MODEL.crl --summary; 'crlc --help' lists what there is"},
    {"m.crl --version", "--version acts on no model, so 'm.crl' means nothing to it", ""},
    {"m.crl --epochs 3", "--epochs means nothing to --summary", "it goes with --train"},
    {"m.crl --evaluate --resume --out d", "--resume means nothing to --evaluate", "it goes with --train"},
    {"m.crl --train --to f.npy", "--to means nothing to --train", "it goes with --compute, --compare"},
    {"m.crl --evaluate", "--evaluate needs the directory of a run: --out DIR", ""},
    {"m.crl --train --resume", "--resume needs the directory of the run to go on with: --out DIR", ""},
    {"m.crl --compute h --out d", "--compute needs a file to write: --to FILE", ""},
    {"m.crl --compute h --out d --to f --split all", "--split takes 'train', 'validation' or 'test', not 'all'", ""},
    {"m.crl --message-format=xml", "--message-format takes 'text' or 'json', not 'xml'", ""},
    {"m.crl --train --set width", "--set takes NAME=VALUE, not 'width'", ""},
    {"m.crl --train --set =3", "--set takes NAME=VALUE, not '=3'", ""},
    {"m.crl --train --out=", "--out is empty", ""},
    {"--fmt", "--fmt needs an argument: --fmt FILE...", ""},
};

START_TEST(refuses) {
  struct arena *arena = arena_new();
  struct options options;
  struct error error = {0};
  ck_assert(!parse_words(&options, arena, refused[_i].line, &error));
  ck_assert_str_eq(error.message, refused[_i].text);
  ck_assert_str_eq(error.hint, refused[_i].hint);
  ck_assert_int_eq(error.kind, ERROR_USAGE);
  arena_free(arena);
}
END_TEST

/* Every option is in the help. */
START_TEST(help) {
  struct arena *arena = arena_new();
  const char *text = describe_help(arena);
  ck_assert_ptr_nonnull(strstr(text, "--log-every N"));
  ck_assert_ptr_nonnull(strstr(text, "--graph[=FILE]"));
  ck_assert_ptr_nonnull(strstr(text, "--ops [NAME]"));
  ck_assert_ptr_null(strchr(text, '_'));
  arena_free(arena);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("options");
  TCase *tests = tcase_create("options");
  tcase_add_test(tests, given);
  tcase_add_loop_test(tests, refuses, 0, sizeof refused / sizeof *refused);
  tcase_add_test(tests, help);
  suite_add_tcase(suite, tests);
  SRunner *feeder = srunner_create(suite);
  srunner_run_all(feeder, CK_NORMAL);
  int failed = srunner_ntests_failed(feeder);
  srunner_free(feeder);
  return failed != 0;
}
