/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every function of GStreamer and libnice that rtc/ calls, once. gstreamer-stubs.S makes a stub of each, gstreamer.c fills them in. A call that
 * is not listed is an undefined reference when the program is linked. */
#define HN_GSTREAMER_CALLS(X)                    \
  X (gst_bin_add)                                \
  X (gst_bin_get_type)                           \
  X (gst_bin_iterate_all_by_element_factory_name) \
  X (gst_buffer_list_get)                        \
  X (gst_buffer_list_length)                     \
  X (gst_buffer_map)                             \
  X (gst_buffer_new_memdup)                      \
  X (gst_buffer_unmap)                           \
  X (gst_bus_set_sync_handler)                   \
  X (gst_caps_new_simple)                        \
  X (gst_debug_bin_to_dot_data)                  \
  X (gst_element_factory_find)                   \
  X (gst_element_factory_make)                   \
  X (gst_element_get_bus)                        \
  X (gst_element_get_static_pad)                 \
  X (gst_element_set_state)                      \
  X (gst_init_check)                             \
  X (gst_iterator_free)                          \
  X (gst_iterator_next)                          \
  X (gst_message_parse_error)                    \
  X (gst_mini_object_unref)                      \
  X (gst_object_get_parent)                      \
  X (gst_object_ref_sink)                        \
  X (gst_object_unref)                           \
  X (gst_pad_add_probe)                          \
  X (gst_pad_chain)                              \
  X (gst_pad_get_peer)                           \
  X (gst_pad_link)                               \
  X (gst_pad_link_full)                          \
  X (gst_pad_unlink)                             \
  X (gst_pipeline_new)                           \
  X (gst_promise_get_reply)                      \
  X (gst_promise_interrupt)                      \
  X (gst_promise_new_with_change_func)           \
  X (gst_promise_wait)                           \
  X (gst_sdp_message_as_text)                    \
  X (gst_sdp_message_new_from_text)              \
  X (gst_structure_get)                          \
  X (gst_webrtc_session_description_free)        \
  X (gst_webrtc_session_description_get_type)    \
  X (gst_webrtc_session_description_new)         \
  X (nice_address_init)                          \
  X (nice_address_set_from_string)               \
  X (nice_agent_add_local_address)               \
  X (nice_agent_attach_recv)                     \
  X (nice_agent_get_sockets)                     \
  X (nice_agent_get_type)
