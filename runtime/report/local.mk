crl_sources += \
  runtime/report/chart.c runtime/report/chart.h \
  runtime/report/comparison.c runtime/report/comparison.h \
  runtime/report/console.c runtime/report/console.h \
  runtime/report/curves.c runtime/report/curves.h \
  runtime/report/map.c runtime/report/map.h \
  runtime/report/metric.h \
  runtime/report/log.c runtime/report/log.h \
  runtime/report/metrics.c runtime/report/metrics.h \
  runtime/report/page.c runtime/report/page.h \
  runtime/report/image_grid.c runtime/report/image_grid.h \
  runtime/report/progress.c runtime/report/progress.h \
  runtime/report/sheet.c runtime/report/sheet.h \
  runtime/report/summary.c runtime/report/summary.h \
  runtime/report/summary_page.c runtime/report/summary_page.h \
  runtime/report/terminal.c runtime/report/terminal.h \
  runtime/report/text.c runtime/report/text.h

crl_generated += runtime/report/page_style.c runtime/report/map_style.c
CLEANFILES += runtime/report/page_style.c runtime/report/map_style.c
EXTRA_DIST += runtime/report/page.css runtime/report/map.css
runtime/report/map_style.c: runtime/report/map.css $(embed_script)
	$(AM_V_GEN)$(MKDIR_P) runtime/report && ($(embed) map_style runtime/report/map.css) >$@.new && mv $@.new $@
runtime/report/page_style.c: runtime/report/page.css $(embed_script)
	$(AM_V_GEN)$(MKDIR_P) runtime/report && ($(embed) page_style runtime/report/page.css) >$@.new && mv $@.new $@
