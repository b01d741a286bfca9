/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What LeakSanitizer must not report of the libraries below a receiver. Nothing here is compiled without ASan; linked into the executable
 * itself, since nobody refers to it.
 *
 *  - GLib gives up its first table of quarks (2048 of them, made while ld.so runs its constructor) when GStreamer has registered more. No stack
 *    tells it from another g_malloc() unless every allocation is unwound slowly, which costs a worker most of its time. So the table itself is
 *    looked for, in GLib's own data, and named.
 *  - OpenSSL keeps random generators per thread: those of a DTLS thread that has not quite ended when the process exits are found by nobody.
 */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1 /* gcc's word for it; clang has only the feature */
#endif
#endif

#ifdef __SANITIZE_ADDRESS__

#include <glib.h>
#include <link.h>
#include <string.h>

#define TABLE_BYTES (2048 * sizeof (char *))

/* sanitizer/allocator_interface.h and lsan_interface.h: gcc ships no such headers, but the functions */
extern int __sanitizer_get_ownership (const volatile void *p);
extern size_t __sanitizer_get_allocated_size (const volatile void *p);
extern void __lsan_ignore_object (const void *p);

const char *__lsan_default_options (void);
const char *__lsan_default_suppressions (void);

const char *
__lsan_default_options (void)
{
  return "print_suppressions=0";
}

const char *
__lsan_default_suppressions (void)
{
  return "leak:libcrypto\n";
}

static gboolean
is_table (const char *const *value)
{
  return __sanitizer_get_ownership (value) != 0 && __sanitizer_get_allocated_size (value) == TABLE_BYTES
         && value[1] == g_quark_to_string (1);
}

__attribute__ ((no_sanitize_address)) static int
look_into (struct dl_phdr_info *library, size_t size, void *data)
{
  if (strstr (library->dlpi_name, "libglib-2.0") == NULL)
    return 0;
  for (int i = 0; i < library->dlpi_phnum; i++) {
    const ElfW (Phdr) *part = &library->dlpi_phdr[i];
    const char *const *const *words = (const char *const *const *) (library->dlpi_addr + part->p_vaddr);

    if (part->p_type != PT_LOAD || (part->p_flags & PF_W) == 0)
      continue;
    for (gsize w = 0; w < part->p_memsz / sizeof *words; w++)
      if (is_table (words[w]))
        __lsan_ignore_object (words[w]);
  }
  return 1;
}

__attribute__ ((constructor)) static void
name_first_quarks (void)
{
  dl_iterate_phdr (look_into, NULL);
}

#endif
