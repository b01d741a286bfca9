/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What LeakSanitizer must not report of the libraries under the test picture. Nothing here is compiled without ASan.
 *
 *  - GLib gives up its first table of quarks when GStreamer has registered more than 2048 of them: allocated while ld.so runs its
 *    constructor;
 *  - fontconfig (below pango's overlays) keeps its configuration;
 *  - OpenSSL keeps random generators per thread: those of a thread of webrtcbin that has not quite ended when the process exits
 *    (1 run of 15) are found by nobody. We never call OpenSSL ourselves.
 *
 * None of them has frame pointers, so the stack must be unwound properly for the rules to match; ten frames are enough.
 */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1 /* gcc's word for it; clang has only the feature */
#endif
#endif

#ifdef __SANITIZE_ADDRESS__

const char *__asan_default_options (void);
const char *__lsan_default_options (void);
const char *__lsan_default_suppressions (void);

const char *
__asan_default_options (void)
{
  return "fast_unwind_on_malloc=0:malloc_context_size=10";
}

const char *
__lsan_default_options (void)
{
  return "print_suppressions=0";
}

const char *
__lsan_default_suppressions (void)
{
  return "leak:ld-linux\nleak:libfontconfig\nleak:libcrypto\n";
}

#endif
