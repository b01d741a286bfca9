/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One stub for each function of the table: it jumps to the address in its slot, so the callers are written, typed and compiled as if GStreamer were
 * linked, variable arguments included. gstreamer.c fills the slots once and makes their page read-only; until then each leads to
 * hn_gstreamer_missing(). The names are hidden: neither GStreamer nor its plugins ever see them instead of their own.
 */
#include "rtc/gstreamer-calls.h"

#if defined(__x86_64__)
#define STUB(name) name: .cfi_startproc; endbr64; jmp *slot_##name(%rip); .cfi_endproc;
#elif defined(__aarch64__)
#define STUB(name) name: .cfi_startproc; hint 34; adrp x16, slot_##name; ldr x16, [x16, :lo12:slot_##name]; br x16; .cfi_endproc;
#else
#error "no stub for this architecture yet: one line"
#endif

  .text
#define CALL(name) .globl name; .hidden name; .type name, %function; .balign 16; STUB (name) .size name, . - name;
  HN_GSTREAMER_CALLS (CALL)
#undef CALL

  .section .data.gstreamer, "aw"
  .balign 4096
  .globl hn_gstreamer_slots
  .hidden hn_gstreamer_slots
  .type hn_gstreamer_slots, %object
hn_gstreamer_slots:
#define CALL(name) slot_##name: .quad hn_gstreamer_missing;
  HN_GSTREAMER_CALLS (CALL)
#undef CALL
  .balign 4096
  .size hn_gstreamer_slots, . - hn_gstreamer_slots

  .section .note.GNU-stack, "", %progbits
