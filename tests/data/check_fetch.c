/* Downloads from a server on the loopback that this test starts: success, mirrors that fail, contents that lie. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/arena.h"
#include "data/fetch.h"
#include "data/table.h"
#include "tests/data/tiny.h"

static pid_t server;
static char mirror[64]; /* "http://127.0.0.1:<port>/www" */
static struct error error;
static int64_t told;

static char script[4096];

static void start_server(void) {
  const char log[] = "server.log";
  server = fork();
  ck_assert_int_ge(server, 0);
  if (server == 0) {
    if (!freopen(log, "w", stderr) || !freopen(log, "w", stdout)) _exit(126);
    execlp("python3", "python3", "-B", script, (char *)NULL);
    _exit(127);
  }
  FILE *port = NULL;
  for (int tenth = 0; tenth < 200 && !port; tenth++) {
    port = fopen("port", "r");
    if (waitpid(server, NULL, WNOHANG)) break;
    if (!port) nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
  }
  ck_assert_msg(port != NULL, "the server did not start");
  int number = 0;
  ck_assert_int_eq(fscanf(port, "%d", &number), 1);
  fclose(port);
  snprintf(mirror, sizeof mirror, "http://127.0.0.1:%d/www", number);
}

static void begin(void) {
  setenv("no_proxy", "127.0.0.1", 1);
  write_tiny("www");
  scratch_shell("gzip www/tiny-set/*; mkdir www/empty");
  start_server();
}

static void end(void) {
  kill(server, SIGTERM);
  waitpid(server, NULL, 0);
}

/* Each "@" in mirrors is the server. */
static bool fetch(const char *mirrors, const struct fetch_progress *progress) {
  char list[512] = "";
  for (const char *at = mirrors; *at; at++) {
    size_t length = strlen(list);
    snprintf(list + length, sizeof list - length, "%.*s", *at == '@' ? (int)sizeof mirror : 1,
             *at == '@' ? mirror : at);
  }
  setenv("CRL_MIRRORS", list, 1);
  error = (struct error){0};
  return data_fetch(&tiny, "root", progress, &error);
}

static void expect_fetched(void) {
  ck_assert_str_eq(error.message, "");
  struct table *table = table_load(&tiny, "root/tiny-set", &error);
  ck_assert_msg(table != NULL, "%s", error.message);
  ck_assert(table->original);
  table_free(table);
  scratch_shell("test \"$(echo $(ls root/tiny-set))\" = "
                "'test-images.gz test-labels.gz train-images.gz train-labels.gz'");
}

static void expect_nothing_left(void) { scratch_shell("test -z \"$(ls root/tiny-set)\""); }

/* text may hold one "@" for the server. */
static void expect_in_hint(const char *text) {
  char expected[512];
  const char *at = strchr(text, '@');
  if (at) snprintf(expected, sizeof expected, "%.*s%s%s", (int)(at - text), text, mirror, at + 1);
  else snprintf(expected, sizeof expected, "%s", text);
  ck_assert_msg(strstr(error.hint, expected) != NULL, "'%s' is not in '%s'", expected, error.hint);
}

static bool tell(void *context, const char *file, int64_t bytes, int64_t total) {
  ck_assert_ptr_eq(context, &told);
  ck_assert_ptr_nonnull(strchr(file, '-'));
  ck_assert(total == -1 || bytes <= total);
  if (bytes > told) told = bytes;
  return true;
}

static bool stop(void *context, const char *file, int64_t bytes, int64_t total) {
  (void)context;
  (void)file;
  (void)bytes;
  (void)total;
  return false;
}

START_TEST(success_and_again) {
  struct fetch_progress progress = {tell, &told};
  ck_assert_msg(fetch("@/tiny-set", &progress), "%s\n%s", error.message, error.hint);
  expect_fetched();
  ck_assert_int_gt(told, 20);
  ck_assert(fetch("http://127.0.0.1:1/", NULL)); /* nothing is left to fetch */
}
END_TEST

START_TEST(only_what_is_missing) {
  ck_assert(fetch("@/tiny-set/", NULL));
  scratch_shell("rm root/tiny-set/test-images.gz www/tiny-set/t*-labels.gz");
  ck_assert(fetch("@/tiny-set/", NULL));
  expect_fetched();
}
END_TEST

START_TEST(second_mirror) {
  ck_assert_msg(fetch("@/empty @/tiny-set", NULL), "%s\n%s", error.message, error.hint);
  expect_fetched();
}
END_TEST

START_TEST(not_there) {
  ck_assert(!fetch("@/empty", NULL));
  EXPECT_ERROR(error, "cannot fetch 'train-images.gz' of data set 'tiny'");
  expect_in_hint("@/empty/train-images.gz: The requested URL returned error: 404\n");
  expect_nothing_left();
}
END_TEST

START_TEST(wrong_contents) {
  write_images("www/tiny-set/train-images", 0x803, 4, 2, 3, 23);
  scratch_shell("gzip -f www/tiny-set/train-images");
  ck_assert(!fetch("@/tiny-set", NULL));
  EXPECT_ERROR(error, "cannot fetch 'train-images.gz' of data set 'tiny'");
  expect_in_hint("@/tiny-set/train-images.gz: the contents are not the data set's (wrong SHA-256)\n");
  expect_nothing_left();
}
END_TEST

START_TEST(truncated) {
  scratch_shell("cd www/tiny-set; head -c 30 train-images.gz > t; mv t train-images.gz");
  ck_assert(!fetch("@/tiny-set", NULL));
  expect_in_hint("@/tiny-set/train-images.gz: the contents are not the data set's (wrong SHA-256)\n");
  expect_nothing_left();
}
END_TEST

START_TEST(too_large) {
  scratch_shell("head -c 100000 /dev/zero > www/tiny-set/train-images.gz");
  ck_assert(!fetch("@/tiny-set", NULL));
  expect_in_hint("@/tiny-set/train-images.gz: it is larger than the data set can be\n");
  expect_nothing_left();
}
END_TEST

START_TEST(offline) {
  kill(server, SIGTERM);
  waitpid(server, NULL, 0);
  ck_assert(!fetch("@/a @/b/", NULL));
  EXPECT_ERROR(error, "cannot fetch 'train-images.gz' of data set 'tiny'");
  expect_in_hint("@/a/train-images.gz: Failed to connect to 127.0.0.1 port");
  expect_in_hint("@/b/train-images.gz: Failed to connect to 127.0.0.1 port");
  expect_in_hint("\nfiles had by other means go into 'root/tiny-set'; CRL_MIRRORS names other mirrors");
  expect_nothing_left();
}
END_TEST

START_TEST(other_protocols_are_refused) {
  ck_assert(!fetch("file:///etc", NULL));
  expect_in_hint("file:///etc/train-images.gz: Protocol \"file\" not supported");
}
END_TEST

START_TEST(files_with_other_contents_are_kept) {
  ck_assert(fetch("@/tiny-set", NULL));
  scratch_shell("rm root/tiny-set/train-labels.gz");
  write_labels("root/tiny-set/train-labels", 4, "\0\0\0\0");
  ck_assert(!fetch("@/tiny-set", NULL));
  EXPECT_ERROR(error, "'root/tiny-set/train-labels' is there already with other contents");
  scratch_shell("test -f root/tiny-set/train-labels");
}
END_TEST

START_TEST(stopped) {
  struct fetch_progress progress = {stop, NULL};
  ck_assert(!fetch("@/tiny-set", &progress));
  ck_assert_str_eq(error.message, "stopped while fetching 'train-images'");
  ck_assert_int_eq(error.kind, ERROR_INTERRUPT);
  expect_nothing_left();
}
END_TEST

START_TEST(no_place) {
  scratch_write("root", "", 0);
  ck_assert(!fetch("@/tiny-set", NULL));
  EXPECT_ERROR(error, "cannot make the folder 'root/tiny-set': Not a directory");
}
END_TEST

static int skip(const char *reason) {
  puts(reason);
  return 77;
}

int main(void) {
#ifndef HAVE_CURL
  return skip("skipped: built without libcurl");
#endif
  if (system("python3 -c 'import http.server'") != 0) return skip("skipped: the server needs python3");
  const char *srcdir = getenv("srcdir");
  char here[2048];
  if (!srcdir) srcdir = getcwd(here, sizeof here);
  snprintf(script, sizeof script, "%s/tests/data/server.py", srcdir);
  TCase *tests = tcase_create("fetch");
  scratch_add(tests);
  tcase_add_checked_fixture(tests, begin, end);
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, success_and_again);
  tcase_add_test(tests, only_what_is_missing);
  tcase_add_test(tests, second_mirror);
  tcase_add_test(tests, not_there);
  tcase_add_test(tests, wrong_contents);
  tcase_add_test(tests, truncated);
  tcase_add_test(tests, too_large);
  tcase_add_test(tests, offline);
  tcase_add_test(tests, other_protocols_are_refused);
  tcase_add_test(tests, files_with_other_contents_are_kept);
  tcase_add_test(tests, stopped);
  tcase_add_test(tests, no_place);
  return scratch_main("fetch", tests);
}
