/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/inject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"

#define MARK "<+>"

/* Feeds @page in pieces of @step bytes. */
static char *
inject (const char *page, gsize step)
{
  g_autoptr (HnInject) self = hn_inject_new (MARK);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gsize length = strlen (page);

  for (gsize at = 0; at < length; at += step)
    hn_inject_feed (self, page + at, MIN (step, length - at), FALSE, out);
  hn_inject_feed (self, "", 0, TRUE, out);
  return g_strndup ((const char *) out->data, out->len);
}

/* `@` marks the place. */
static const char *const pages[] = {
  "<!DOCTYPE html><html lang=\"en\"><head>@<title>x</title></head><body></body></html>",
  "<html class=stream><HEAD>@<script src=a.js></script></HEAD>",
  "<head lang=en data-x='>'>@<script>",
  "<head a=\"<head>\" b = '\">'>@x",
  "<head\n\t>@x",
  "<head/>@x",
  "<!-- <head> --><head>@x",
  "<!-- <head> --!><head>@x",
  "<!--><head>@ <!-- -->",
  "<!---><head>@ <!-- -->",
  "<!-- - -- ---><head>@x",
  "<!-- --! --><head>@x",
  "<!doctype html SYSTEM 'about:legacy-compat'><head>@",
  "<!-x><head>@",
  "<!><head>@",
  "<?xml version='1.0'?><head>@",
  "\xef\xbb\xbf<html><head>@",
  "</p><head>@",
  "a < b <3 << <head>@",
  "<html>@<header><head></header>",
  "<html>@<heads>",
  "<html>@<title><head></title>",
  "<html>@<script>var a='<head>';</script><head>",
  "<html>@<body><p>x",
  "@<abcdefghijklmnop>",
  "@<p>only a fragment",
  "no tag at all@",
  "@",
  "ends in <@",
  "ends in <he@",
  "ends in <!--@",
  "ends in <head @",
  "<head>@<head><head>",
  "<html><html><head>@",
};

static void
the_script_goes_before_everything_that_could_run (void **unused)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pages); i++) {
    const char *at = strchr (pages[i], '@');
    g_autofree char *page = g_strdup_printf ("%.*s%s", (int) (at - pages[i]), pages[i], at + 1);
    g_autofree char *wanted = g_strdup_printf ("%.*s%s%s", (int) (at - pages[i]), pages[i], MARK, at + 1);
    g_autofree char *got = inject (page, 100000);

    assert_string_equal (got, wanted);
  }
}

static void
no_cut_between_two_reads_changes_the_page (void **unused)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pages); i++) {
    g_auto (GStrv) parts = g_strsplit (pages[i], "@", 2);
    g_autofree char *page = g_strconcat (parts[0], parts[1], NULL);
    g_autofree char *whole = inject (page, 100000);

    for (gsize step = 1; step <= 9; step++) {
      g_autofree char *got = inject (page, step);

      assert_string_equal (got, whole);
    }
  }
}

static void
at_most_a_few_bytes_are_held_back (void **unused)
{
  g_autoptr (HnInject) self = hn_inject_new (MARK);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  const char *page = "<!doctype html><!-- a comment --><html lang=en><he";

  for (gsize i = 0; page[i] != '\0'; i++) {
    hn_inject_feed (self, page + i, 1, FALSE, out);
    assert_true (i + 1 - out->len <= 7);
  }
}

static void
a_page_without_tags_gets_it_where_the_scan_ends (void **unused)
{
  g_autofree char *page = g_strnfill (2 * HN_LIMIT_INJECT_SCAN_BYTES, 'x');
  g_autofree char *got = inject (page, 1000);
  char *mark = strstr (got, MARK);

  assert_non_null (mark);
  assert_int_equal (mark - got, HN_LIMIT_INJECT_SCAN_BYTES);
  assert_int_equal (strlen (got), strlen (page) + strlen (MARK));
}

static void
the_end_of_the_scan_never_cuts_a_comment (void **unused)
{
  g_autofree char *filling = g_strnfill (2 * HN_LIMIT_INJECT_SCAN_BYTES, '-');
  g_autofree char *page = g_strconcat ("<!--", filling, "-->x<head>", NULL);
  g_autofree char *got = inject (page, 4096);

  assert_true (g_str_has_suffix (got, "-->" MARK "x<head>"));
}

static void
nul_bytes_pass (void **unused)
{
  g_autoptr (HnInject) self = hn_inject_new (MARK);
  g_autoptr (GByteArray) out = g_byte_array_new ();

  hn_inject_feed (self, "a\0b<head>\0", 10, TRUE, out);
  assert_int_equal (out->len, 13);
  assert_memory_equal (out->data, "a\0b<head>" MARK "\0", 13);
}

static void
the_tag_is_one_classic_script_from_the_sessions_own_path (void **unused)
{
  g_autofree char *tag = hn_inject_tag ("0123456789abcdef0123456789abcdef");

  assert_string_equal (tag, "<script src=\"/session/0123456789abcdef0123456789abcdef/_hydraneck/overlay.js\"></script>");
}

static gboolean
applies (const char *head)
{
  g_autoptr (HnHttpHead) response = hn_http_head_parse_response (head, strlen (head), NULL);

  assert_non_null (response);
  return hn_inject_applies (NULL, response);
}

static void
only_whole_plain_pages_are_edited (void **unused)
{
  assert_true (applies ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"));
  assert_true (applies ("HTTP/1.1 200 OK\r\nContent-Type: Text/HTML ; charset=utf-8\r\n\r\n"));
  assert_true (applies ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: identity\r\n\r\n"));
  assert_true (applies ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"));
  assert_true (applies ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: x-gzip\r\n\r\n"));
  assert_false (applies ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: br\r\n\r\n"));
  assert_false (applies ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip, gzip\r\n\r\n"));
  assert_false (applies ("HTTP/1.1 206 Partial Content\r\nContent-Type: text/html\r\n\r\n"));
  assert_false (applies ("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n"));
  assert_false (applies ("HTTP/1.1 200 OK\r\nContent-Type: text/htmlx\r\n\r\n"));
  assert_false (applies ("HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n\r\n"));
  assert_false (applies ("HTTP/1.1 200 OK\r\n\r\n"));
}

static void
as_a_filter_it_adds_what_it_says (void **unused)
{
  static const char page[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
  static const char script[] = "HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n\r\n";
  g_autoptr (HnHttpHead) html = hn_http_head_parse_response (page, strlen (page), NULL);
  g_autoptr (HnHttpHead) other = hn_http_head_parse_response (script, strlen (script), NULL);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  const HnFilter *filter = hn_inject_filter ();
  char mark[] = MARK;
  gpointer state = filter->open (NULL, html, mark);

  assert_non_null (state);
  assert_null (filter->open (NULL, other, mark));
  assert_int_equal (filter->added_bytes (state), strlen (MARK));
  filter->feed (state, "<head>", 6, TRUE, out);
  assert_int_equal (out->len, 6 + strlen (MARK));
  filter->close (state);
}

static void
as_a_filter_it_is_through_only_behind_the_script (void **unused)
{
  static const char page[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
  g_autoptr (HnHttpHead) html = hn_http_head_parse_response (page, strlen (page), NULL);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  const HnFilter *filter = hn_inject_filter ();
  char mark[] = MARK;
  gpointer state = filter->open (NULL, html, mark);

  assert_false (filter->is_through (state));
  filter->feed (state, "<!DOCTYPE html><hea", 19, FALSE, out);
  assert_false (filter->is_through (state));
  filter->feed (state, "d><p", 4, FALSE, out);
  assert_true (filter->is_through (state));
  assert_int_equal (out->len, 19 + 4 + strlen (MARK));
  filter->close (state);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_script_goes_before_everything_that_could_run),
    cmocka_unit_test (no_cut_between_two_reads_changes_the_page),
    cmocka_unit_test (at_most_a_few_bytes_are_held_back),
    cmocka_unit_test (a_page_without_tags_gets_it_where_the_scan_ends),
    cmocka_unit_test (the_end_of_the_scan_never_cuts_a_comment),
    cmocka_unit_test (nul_bytes_pass),
    cmocka_unit_test (the_tag_is_one_classic_script_from_the_sessions_own_path),
    cmocka_unit_test (only_whole_plain_pages_are_edited),
    cmocka_unit_test (as_a_filter_it_adds_what_it_says),
    cmocka_unit_test (as_a_filter_it_is_through_only_behind_the_script),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
