check_PROGRAMS += tests/report/check_log tests/report/check_page tests/report/check_progress
TESTS += tests/report/check_log tests/report/check_page tests/report/check_progress
tests_report_check_log_SOURCES = tests/report/check_log.c
tests_report_check_log_LDADD = $(check_ldadd)
tests_report_check_page_SOURCES = tests/report/check_page.c
tests_report_check_page_LDADD = $(check_ldadd)
tests_report_check_progress_SOURCES = tests/report/check_progress.c
tests_report_check_progress_LDADD = $(check_ldadd)
