# SPDX-License-Identifier: LGPL-2.1-or-later
"""What attackers send, and what must become of it. One row each:

    case (name, bytes, outcome, why, …)

In the bytes `@G` is a target to GET, `@P` one to POST to (an own one for each door and kind of path), `@S` a target of whose request
nobody may ever hear, `@H` a good Host line. The outcome is a status or a list of them for pipelined requests: OK is what the target
answers to a good request. A status of 400 and more that the front door gives ends the connection, and good ones do not; `then` tells otherwise.

`body` is what the upstream must have got. `api` is the outcome on API paths where it differs (bodies by Content-Length only there: 411).
`seen` tells that the upstream may see the beginning of it, as a request that breaks off: the head was good."""

import collections

OK = 0
GET = b"GET @G HTTP/1.1\r\n@H"
POST = b"POST @P HTTP/1.1\r\n@H"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SMUGGLED = b"GET @S HTTP/1.1\r\n@H\r\n"
EVIL = b"GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"

Case = collections.namedtuple("Case", "name data outcome why api body seen then methods")
CASES = []


def case(name, data, outcome, why, api=None, body=None, seen=False, then=None, methods=None):
    outcomes = outcome if isinstance(outcome, list) else [outcome]
    on_api = outcomes if api is None else api if isinstance(api, list) else [api]
    assert name not in [other.name for other in CASES], name
    CASES.append(Case(name, data, outcomes, why, on_api, body, seen, then, methods))


def post(fields, body=b""):
    return POST + fields + b"\r\n" + body


def get(fields=b""):
    return GET + fields + b"\r\n"


def bad_chunk(name, data, why):
    """Chunks that are refused, with a request behind them that nobody may see."""
    case("chunk_" + name, CHUNKED + data + SMUGGLED, 400, why, api=411, seen=True)


def good_chunk(name, data, body, why):
    case("chunk_" + name, CHUNKED + data, OK, why, api=411, body=body)


# ---- what is right ----

case("plain_get", get(), OK, "RFC 9112 2.1")
case("get_with_body", b"GET @G HTTP/1.1\r\n@HContent-Length: 3\r\n\r\nabc", OK, "RFC 9110 9.3.1: no meaning, but framed", body=b"abc")
case("length_body", post(b"Content-Length: 5\r\n", b"hello"), OK, "RFC 9112 6.2", body=b"hello")
case("length_0", post(b"Content-Length: 0\r\n"), OK, "RFC 9112 6.2", body=b"")
case("length_with_leading_zeros", post(b"Content-Length: 0005\r\n", b"hello"), OK, "RFC 9110 8.6: 1*DIGIT", body=b"hello")
case("length_behind_tabs", post(b"Content-Length:\t 5 \t\r\n", b"hello"), OK, "RFC 9112 5: OWS", body=b"hello")
case("length_without_space", post(b"Content-Length:5\r\n", b"hello"), OK, "RFC 9112 5: OWS", body=b"hello")
case("field_names_in_any_case", b"POST @P HTTP/1.1\r\nhOST: a\r\ncontent-LENGTH: 5\r\n\r\nhello", OK, "RFC 9110 5.1", body=b"hello")
case("post_without_body", post(b""), OK, "RFC 9112 6.3: no length, no body", body=b"")
good_chunk("plain", b"5\r\nhello\r\n0\r\n\r\n", b"hello", "RFC 9112 7.1")
good_chunk("several", b"1\r\nh\r\n4\r\nello\r\n6\r\n world\r\n0\r\n\r\n", b"hello world", "RFC 9112 7.1")
good_chunk("sizes_in_any_case", b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", b"01234567890123456789", "RFC 9112 7.1: HEXDIG")
good_chunk("leading_zeros", b"000000005\r\nhello\r\n0\r\n\r\n", b"hello", "RFC 9112 7.1: 1*HEXDIG")
good_chunk("none", b"0\r\n\r\n", b"", "RFC 9112 7.1")
good_chunk("data_that_looks_like_an_end", b"9\r\n\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", b"\r\n0\r\n\r\n\r\n", "RFC 9112 7.1: data is data")
good_chunk("data_that_looks_like_a_request", b"1f\r\n" + EVIL + b"\r\n0\r\n\r\n", EVIL, "RFC 9112 7.1: data is data")
case("length_body_that_looks_like_a_request", post(b"Content-Length: 31\r\n", EVIL), OK, "RFC 9112 6.3", body=EVIL)

# ---- Content-Length and Transfer-Encoding ----

case("length_then_coding", post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED), 400, "RFC 9112 6.1")
case("coding_then_length", post(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n" + SMUGGLED), 400, "RFC 9112 6.1")
case("length_0_and_coding", post(b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", SMUGGLED), 400, "RFC 9112 6.1")
case("get_with_length_and_coding", get(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + b"0\r\n\r\n" + SMUGGLED, 400, "RFC 9112 6.1")
for name, value, why in [
    ("plus", b"+5", "RFC 9110 8.6: 1*DIGIT"), ("minus", b"-1", "RFC 9110 8.6"), ("list_equal", b"5, 5", "RFC 9110 8.6: MAY reject"),
    ("list_tight", b"5,5", "RFC 9110 8.6: MAY reject"), ("list_differing", b"5,6", "RFC 9112 6.3"), ("empty", b"", "RFC 9110 8.6"),
    ("words", b"five", "RFC 9110 8.6"), ("hex", b"0x5", "RFC 9110 8.6"), ("fraction", b"5.0", "RFC 9110 8.6"),
    ("exponent", b"1e1", "RFC 9110 8.6"), ("two_numbers", b"5 5", "RFC 9110 8.6"), ("quoted", b'"5"', "RFC 9110 8.6"),
    ("semicolon", b"5;", "RFC 9110 8.6"), ("17_digits", b"99999999999999999", "RFC 9112 6.3: overflow"),
    ("2_to_the_64_plus_5", b"18446744073709551621", "RFC 9112 6.3: overflow"), ("400_digits", b"1" * 400, "RFC 9112 6.3: overflow"),
    ("digits_of_another_script", "\u0665".encode(), "RFC 9110 8.6: DIGIT is ASCII"), ("vertical_tab", b"\x0b5", "RFC 9110 5.5"),
    ("no_break_space", b"\xa05", "RFC 9110 8.6"),
]:
    case("length_" + name, post(b"Content-Length: " + value + b"\r\n", b"hello" + SMUGGLED), 400, why)
case("length_then_bare_cr", post(b"Content-Length: 5\r\r\n", b"hello" + SMUGGLED), 400, "RFC 9112 2.2: bare CR")
case("length_huge", post(b"Content-Length: 999999999999999\r\n", b"hello"), 413, "RFC 9110 15.5.14: nginx says so, and the API", seen=True)
case("lengths_equal", post(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello" + SMUGGLED), 400, "RFC 9112 6.3")
case("lengths_differing", post(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello" + SMUGGLED), 400, "RFC 9112 6.3")
case("lengths_in_two_cases", post(b"Content-Length: 5\r\ncontent-length: 6\r\n", b"hello" + SMUGGLED), 400, "RFC 9112 6.3")
case("length_with_underscore", post(b"Content_Length: 3\r\nContent-Length: 5\r\n", b"hello" + SMUGGLED), 400,
     "what is one name to some is two to others")
for name, value, status, why in [
    ("x_chunked", b"xchunked", 501, "RFC 9112 6.1"), ("chunked_twice", b"chunked, chunked", 400, "RFC 9112 6.1"),
    ("identity", b"identity", 501, "RFC 9112 7: no such coding any more"), ("gzip", b"gzip", 501, "RFC 9112 6.1"),
    ("gzip_chunked", b"gzip, chunked", 501, "RFC 9112 6.1"), ("chunked_gzip", b"chunked, gzip", 400, "RFC 9112 6.3: not final"),
    ("chunked_identity", b"chunked, identity", 400, "RFC 9112 6.3: not final"), ("empty", b"", 400, "RFC 9112 6.1"),
    ("comma", b"chunked,", (400, 501), "RFC 9112 6.1: two readings"), ("leading_comma", b", chunked", (400, 501), "RFC 9112 6.1: two readings"),
    ("quoted", b'"chunked"', 501, "RFC 9112 6.1"), ("parameter", b"chunked;q=1", 501, "RFC 9112 7: no parameters"),
    ("two_words", b"chunked chunked", 501, "RFC 9112 6.1"), ("vertical_tab", b"\x0bchunked", 400, "RFC 9110 5.5"),
    ("form_feed", b"chunked\x0c", 400, "RFC 9110 5.5"), ("nul", b"chunked\0", 400, "RFC 9110 5.5"), ("bare_cr", b"\rchunked", 400, "RFC 9112 2.2"),
    ("long_s", "chun\u212aed".encode(), 501, "RFC 9112 7: tokens are ASCII"), ("no_break_space", b"chunked\xa0", 501, "RFC 9112 6.1"),
]:
    case("coding_" + name, post(b"Transfer-Encoding: " + value + b"\r\n", b"0\r\n\r\n" + SMUGGLED), status, why)
case("coding_in_another_case", post(b"Transfer-Encoding: Chunked\r\n", b"5\r\nhello\r\n0\r\n\r\n"), OK, "RFC 9112 7", api=411, body=b"hello")
case("coding_behind_a_tab", post(b"Transfer-Encoding:\tchunked \r\n", b"5\r\nhello\r\n0\r\n\r\n"), OK, "RFC 9112 5: OWS", api=411, body=b"hello")
case("codings_in_two_fields", post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED), 400, "RFC 9112 6.1")
case("codings_that_differ", post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"0\r\n\r\n" + SMUGGLED), 400, "RFC 9112 6.1")
case("coding_and_space_before_colon", post(b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n" + SMUGGLED), 400, "RFC 9112 5.1")
case("coding_on_a_folded_line", post(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n" + SMUGGLED), 400, "RFC 9112 5.2")
case("coding_with_underscore", post(b"Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n" + SMUGGLED), 400,
     "what is one name to some is two to others")
case("coding_in_http_1_0", b"POST @P HTTP/1.0\r\n@HTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, 400, "RFC 9112 6.1")
case("connection_names_length", post(b"Connection: Content-Length\r\nContent-Length: 5\r\n", b"hello" + SMUGGLED), 400, "RFC 9110 7.6.1")
case("connection_names_coding", post(b"Connection: close, Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED), 400,
     "RFC 9110 7.6.1")

# ---- Host ----

case("host_missing", b"GET @G HTTP/1.1\r\n\r\n" + SMUGGLED, 400, "RFC 9112 3.2")
case("host_missing_in_1_0", b"GET @G HTTP/1.0\r\n\r\n", OK, "RFC 9112 3.2: only 1.1 must", then="closed")
for name, value in [("empty", b""), ("space", b"a b"), ("tab", b"a\tb"), ("userinfo", b"u@a"), ("path", b"a/b"), ("query", b"a?b"),
                    ("fragment", b"a#b"), ("comma", b"a, b"), ("scheme", b"http://a"), ("backslash", b"a\\b"), ("nul", b"a\0b"), ("quote", b'"a"'),
                    ("port_of_letters", b"a:b"), ("port_too_high", b"a:65536"), ("two_ports", b"a:1:2"), ("percent", b"%61"),
                    ("open_bracket", b"[::1"), ("bracketed_ipv4", b"[127.0.0.1]"), ("high_bytes", b"\xc3\xa4")]:
    case("host_" + name, b"GET @G HTTP/1.1\r\nHost: " + value + b"\r\n\r\n" + SMUGGLED, 400, "RFC 9112 3.2: invalid field value")
case("hosts_equal", get(b"Host: a\r\n") + SMUGGLED, 400, "RFC 9112 3.2")
case("hosts_differing", get(b"hOsT: b\r\n") + SMUGGLED, 400, "RFC 9112 3.2")
case("host_ipv6_with_port", b"GET @G HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", OK, "RFC 9110 7.2")
case("host_named_by_connection", get(b"Connection: Host\r\n") + SMUGGLED, 400, "RFC 9110 7.6.1")

# ---- lines and fields ----

case("folded_field", get(b"X: 1\r\n 2\r\n") + SMUGGLED, 400, "RFC 9112 5.2")
case("folded_first_field", b"GET @G HTTP/1.1\r\n Host: a\r\n\r\n" + SMUGGLED, 400, "RFC 9112 2.2")
case("folded_by_tab", get(b"X: 1\r\n\t2\r\n") + SMUGGLED, 400, "RFC 9112 5.2")
case("folded_empty_line", get(b"X: 1\r\n \r\n") + SMUGGLED, 400, "RFC 9112 5.2")
case("bare_lf_everywhere", b"GET @G HTTP/1.1\nHost: a\n\n" + SMUGGLED, 400, "RFC 9112 2.2")
case("bare_lf_after_the_first_line", b"GET @G HTTP/1.1\nHost: a\r\n\r\n" + SMUGGLED, 400, "RFC 9112 2.2")
case("bare_lf_after_a_field", b"GET @G HTTP/1.1\r\nHost: a\nX: y\r\n\r\n" + SMUGGLED, 400, "RFC 9112 2.2")
case("bare_lf_as_the_empty_line", b"GET @G HTTP/1.1\r\nHost: a\r\n\n" + SMUGGLED, 400, "RFC 9112 2.2")
case("bare_lf_at_the_end", b"GET @G HTTP/1.1\r\nHost: a\n\r\n" + SMUGGLED, 400, "RFC 9112 2.2")
case("bare_cr_in_a_value", get(b"X: 1\rY: 2\r\n") + SMUGGLED, 400, "RFC 9112 2.2")
case("bare_cr_in_a_name", get(b"X\r: 1\r\n") + SMUGGLED, 400, "RFC 9112 2.2")
case("bare_cr_in_the_target", b"GET @G\r/x HTTP/1.1\r\n@H\r\n" + SMUGGLED, 400, "RFC 9112 2.2")
case("bare_cr_as_line_end", b"GET @G HTTP/1.1\rHost: a\r\r\n\r\n" + SMUGGLED, 400, "RFC 9112 2.2")
case("cr_cr_lf", get(b"X: 1\r\r\n") + SMUGGLED, 400, "RFC 9112 2.2")
case("nul_in_a_value", get(b"X: 1\0 2\r\n") + SMUGGLED, 400, "RFC 9110 5.5")
case("nul_in_a_name", get(b"X\0: 1\r\n") + SMUGGLED, 400, "RFC 9110 5.1")
case("nul_in_the_target", b"GET @G\0 HTTP/1.1\r\n@H\r\n" + SMUGGLED, 400, "RFC 9112 3.2")
case("nul_in_the_method", b"G\0ET @G HTTP/1.1\r\n@H\r\n" + SMUGGLED, 400, "RFC 9110 9.1")
case("nul_in_the_version", b"GET @G HTTP/1.1\0\r\n@H\r\n" + SMUGGLED, 400, "RFC 9112 2.3")
case("nul_alone_on_a_line", get(b"\0\r\n") + SMUGGLED, 400, "RFC 9112 5")
case("space_before_the_colon", get(b"X : 1\r\n") + SMUGGLED, 400, "RFC 9112 5.1")
case("tab_before_the_colon", get(b"X\t: 1\r\n") + SMUGGLED, 400, "RFC 9112 5.1")
case("space_in_a_name", get(b"X Y: 1\r\n") + SMUGGLED, 400, "RFC 9110 5.1")
case("empty_name", get(b": 1\r\n") + SMUGGLED, 400, "RFC 9110 5.1")
case("no_colon", get(b"X\r\n") + SMUGGLED, 400, "RFC 9112 5")
case("a_request_line_among_the_fields", get(b"GET @S HTTP/1.1\r\n") + SMUGGLED, 400, "RFC 9112 5")
case("high_byte_in_a_name", get(b"X\xe9: 1\r\n") + SMUGGLED, 400, "RFC 9110 5.6.2")
case("high_bytes_in_a_value", get(b"X: \xc3\xa9\xff\r\n"), OK, "RFC 9110 5.5: obs-text is opaque")
case("odd_but_good_name", get(b"!#$%&'*+-.^`|~: 1\r\n"), OK, "RFC 9110 5.6.2: token")
case("empty_value", get(b"X:\r\nY: \t\r\n"), OK, "RFC 9110 5.5")
case("escape_in_a_value", get(b"X: \x1b[2J\r\n") + SMUGGLED, 400, "RFC 9110 5.5")
case("backspace_in_a_value", get(b"X: a\x08b\r\n") + SMUGGLED, 400, "RFC 9110 5.5")
case("delete_in_a_value", get(b"X: a\x7fb\r\n") + SMUGGLED, 400, "RFC 9110 5.5")
case("delimiters_in_a_name", get(b"X(Y): 1\r\n") + SMUGGLED, 400, "RFC 9110 5.6.2")
case("90_short_fields", get(b"X: y\r\n" * 89), OK, "RFC 9110 5.4: within the limit, with those that a proxy adds")
case("101_fields", get(b"X: y\r\n" * 100) + SMUGGLED, 431, "RFC 6585 5")
case("2000_fields", get(b"X: y\r\n" * 2000) + SMUGGLED, 431, "RFC 6585 5")
case("long_value", get(b"X: " + b"y" * 16000 + b"\r\n"), OK, "RFC 9110 5.4: within the limit")
case("over_long_value", get(b"X: " + b"y" * 40000 + b"\r\n") + SMUGGLED, 431, "RFC 6585 5")
case("over_long_name", get(b"y" * 40000 + b": 1\r\n") + SMUGGLED, 431, "RFC 6585 5")
case("head_without_end", GET + b"X: y\r\n" * 50000, 431, "RFC 6585 5")
case("line_without_end", b"GET @G?" + b"a" * 200000, 414, "RFC 9112 3")
case("value_without_end", GET + b"X: " + b"y" * 200000, 431, "RFC 6585 5")

# ---- the first line ----

case("target_of_8000", b"GET @G&" + b"a" * 7800 + b" HTTP/1.1\r\n@H\r\n", OK, "RFC 9112 3: at least 8000")
case("target_of_9000", b"GET @G&" + b"a" * 9000 + b" HTTP/1.1\r\n@H\r\n" + SMUGGLED, 414, "RFC 9112 3")
for name, line, status, why in [
    ("version_0_9", b"GET @G HTTP/0.9", 505, "RFC 9110 15.6.6"), ("version_1_2", b"GET @G HTTP/1.2", 505, "RFC 9110 15.6.6: not spoken"),
    ("version_2_0", b"GET @G HTTP/2.0", 505, "RFC 9110 15.6.6"), ("version_1_10", b"GET @G HTTP/1.10", 400, "RFC 9112 2.3: one digit"),
    ("version_lower_case", b"GET @G http/1.1", 400, "RFC 9112 2.3: case-sensitive"), ("version_missing", b"GET @G", 400, "RFC 9112 3"),
    ("version_comma", b"GET @G HTTP/1,1", 400, "RFC 9112 2.3"), ("version_plus", b"GET @G HTTP/+1.1", 400, "RFC 9112 2.3"),
    ("version_of_another_protocol", b"GET @G RTSP/1.0", 400, "RFC 9112 2.3"), ("version_and_more", b"GET @G HTTP/1.1 x", 400, "RFC 9112 3"),
    ("space_behind_the_version", b"GET @G HTTP/1.1 ", 400, "RFC 9112 3"), ("two_spaces", b"GET  @G HTTP/1.1", 400, "RFC 9112 3"),
    ("two_spaces_before_the_version", b"GET @G  HTTP/1.1", 400, "RFC 9112 3"), ("tabs", b"GET\t@G\tHTTP/1.1", 400, "RFC 9112 3"),
    ("leading_space", b" GET @G HTTP/1.1", 400, "RFC 9112 2.2"), ("no_target", b"GET HTTP/1.1", 400, "RFC 9112 3"),
    ("no_method", b"@G HTTP/1.1", 400, "RFC 9112 3"), ("method_with_slash", b"GE/T @G HTTP/1.1", 400, "RFC 9110 9.1: token"),
    ("method_of_40_letters", b"A" * 40 + b" @G HTTP/1.1", (400, 501), "RFC 9112 3: 501 for longer than any"),
    ("method_high", b"G\xe9T @G HTTP/1.1", 400, "RFC 9110 9.1"),
    ("preface_of_http_2", b"PRI * HTTP/2.0", (400, 505), "RFC 9113 3.4"), ("trace", b"TRACE @G HTTP/1.1", 405, "RFC 9110 9.3.8"),
    ("connect_authority", b"CONNECT a:443 HTTP/1.1", 405, "RFC 9110 9.3.6"), ("connect_path", b"CONNECT @G HTTP/1.1", 405, "RFC 9110 9.3.6"),
    ("authority_form", b"GET a:80 HTTP/1.1", 400, "RFC 9112 3.2.3"), ("asterisk", b"OPTIONS * HTTP/1.1", 400, "RFC 9112 3.2.4: nothing to say"),
    ("asterisk_to_get", b"GET * HTTP/1.1", 400, "RFC 9112 3.2.4"), ("absolute_form", b"GET http://a@G HTTP/1.1", 400, "RFC 9112 3.2.2: no proxy here"),
    ("absolute_form_of_another_host", b"GET http://b@G HTTP/1.1", 400, "RFC 9112 3.2.2"),
    ("absolute_form_of_another_scheme", b"GET ftp://a@G HTTP/1.1", 400, "RFC 9112 3.2.2"),
    ("target_without_slash", b"GET x@G HTTP/1.1", 400, "RFC 9112 3.2.1"), ("fragment", b"GET @G#x HTTP/1.1", 400, "RFC 9112 3.2: no fragment"),
    ("space_in_the_target", b"GET @G x HTTP/1.1", 400, "RFC 9112 3.2"), ("high_bytes_in_the_target", b"GET @G\xc3\xa9 HTTP/1.1", 400, "RFC 9112 3.2"),
    ("delete_in_the_target", b"GET @G\x7f HTTP/1.1", 400, "RFC 9112 3.2"),
]:
    case("line_" + name, line + b"\r\n@H\r\n" + SMUGGLED, status, why)
case("line_http_0_9", b"GET @G\r\n", None, "RFC 9112 2.3: never ends as a head: waits for its deadline, answers nothing")
case("method_lower_case", b"get @G HTTP/1.1\r\n@H\r\n", (403, 405, 501), "RFC 9110 9.1: case-sensitive", then="open")
case("method_odd", b"M-SEARCH @G HTTP/1.1\r\n@H\r\n", (403, 405, 501), "RFC 9110 9.1", then="open")
case("options", b"OPTIONS @G HTTP/1.1\r\n@H\r\n", (403, 405), "RFC 9110 9.3.7", then="open")
case("empty_line_before", b"\r\n" + get(), OK, "RFC 9112 2.2: ignore at least one")
case("empty_lines_before", b"\r\n\r\n\r\n" + get(), OK, "RFC 9112 2.2: ignore at least one")
case("empty_line_of_lf_before", b"\n" + get(), 400, "RFC 9112 2.2: CRLF")
case("bare_cr_before", b"\r" + get(), 400, "RFC 9112 2.2")
case("space_before", b" \r\n" + get(), 400, "RFC 9112 2.2")
case("tls_hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x5a" * 506, 400, "not HTTP")
case("ssh_hello", b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", 400, "not HTTP")
case("proxy_protocol", b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + get(), 400, "not HTTP")
case("redis", b"*1\r\n$4\r\nPING\r\n", 400, "not HTTP")
case("path_with_dots", b"GET @D HTTP/1.1\r\n@H\r\n", 400, "RFC 3986 5.2.4: nobody may resolve them behind us", then="open")
case("path_with_encoded_slash", b"GET @E HTTP/1.1\r\n@H\r\n", 400, "RFC 3986 2.2", then="open")
case("path_with_encoded_nul", b"GET @N HTTP/1.1\r\n@H\r\n", 400, "RFC 3986 2.1", then="open")
case("path_with_broken_escape", b"GET @Z HTTP/1.1\r\n@H\r\n", 400, "RFC 3986 2.1", then="open")
case("head_of_an_odd_path", b"HEAD @D HTTP/1.1\r\n@H\r\n", 400, "RFC 9110 9.3.2: no content", then="open")
case("head_with_a_bad_chunk", b"HEAD @G HTTP/1.1\r\n@HTransfer-Encoding: chunked\r\n\r\nzz\r\n" + SMUGGLED, 400, "RFC 9110 9.3.2: no content",
     api=411, seen=True)

# ---- chunks ----

for name, size in [("zz", b"zz"), ("minus_1", b"-1"), ("plus_3", b"+3"), ("0x3", b"0x3"), ("space_3", b" 3"), ("3_space", b"3 "), ("3_tab", b"3\t"),
                   ("17_digits", b"00000000000000003"), ("sixteen_f", b"f" * 16), ("2_to_the_64_plus_3", b"10000000000000003"), ("empty", b""),
                   ("underscore", b"0_3"), ("comma", b"3,3"), ("h", b"3h"), ("nul", b"3\0"), ("high", b"3\xa0"), ("bare_cr", b"3\r"), ("fraction", b"3.0")]:
    bad_chunk("size_" + name, size + b"\r\nabc\r\n0\r\n\r\n", "RFC 9112 7.1: 1*HEXDIG")
bad_chunk("size_missing", b"\r\n\r\n", "RFC 9112 7.1: 1*HEXDIG")
bad_chunk("size_missing_before_an_extension", b";a=b\r\n\r\n", "RFC 9112 7.1: 1*HEXDIG")
bad_chunk("size_missing_behind_a_chunk", b"3\r\nabc\r\n\r\n\r\n", "RFC 9112 7.1: 1*HEXDIG")
bad_chunk("later_size_zz", b"3\r\nabc\r\nzz\r\nabc\r\n0\r\n\r\n", "RFC 9112 7.1")
bad_chunk("lf_behind_the_size", b"3\nabc\r\n0\r\n\r\n", "RFC 9112 7.1: CRLF")
bad_chunk("lf_behind_the_data", b"3\r\nabc\n0\r\n\r\n", "RFC 9112 7.1: CRLF")
bad_chunk("lf_behind_the_last", b"3\r\nabc\r\n0\n\r\n", "RFC 9112 7.1: CRLF")
bad_chunk("lf_as_the_end", b"3\r\nabc\r\n0\r\n\n", "RFC 9112 7.1: CRLF")
bad_chunk("nothing_behind_the_data", b"3\r\nabc0\r\n\r\n", "RFC 9112 7.1")
bad_chunk("too_much_data", b"3\r\nabcd\r\n0\r\n\r\n", "RFC 9112 7.1")
bad_chunk("two_bytes_for_crlf", b"3\r\nabcXX0\r\n\r\n", "RFC 9112 7.1")
bad_chunk("cr_cr_behind_the_data", b"3\r\nabc\r\r\n0\r\n\r\n", "RFC 9112 7.1")
bad_chunk("extension_with_lf", b"3;a=b\nabc\r\n0\r\n\r\n", "RFC 9112 7.1.1: the classic of bare LF in extensions")
bad_chunk("extension_with_cr", b"3;a\rb\r\nabc\r\n0\r\n\r\n", "RFC 9112 7.1.1")
bad_chunk("extension_with_nul", b"3;a=\0\r\nabc\r\n0\r\n\r\n", "RFC 9112 7.1.1")
bad_chunk("extension_without_end", b"3;" + b"a" * 100000, "RFC 9112 7.1.1: limited")
bad_chunk("trailers_without_end", b"0\r\n" + b"X: y\r\n" * 20000, "RFC 9112 7.1.2: limited")
bad_chunk("trailer_without_name", b"0\r\n: y\r\n\r\n", "RFC 9112 7.1.2")
bad_chunk("trailer_without_colon", b"0\r\nGET @S HTTP/1.1\r\n\r\n", "RFC 9112 7.1.2: no request")
bad_chunk("trailer_folded", b"0\r\nX: y\r\n z\r\n\r\n", "RFC 9112 5.2")
bad_chunk("trailer_with_lf", b"0\r\nX: y\n\r\n", "RFC 9112 2.2")
bad_chunk("trailer_with_nul", b"0\r\nX: \0\r\n\r\n", "RFC 9110 5.5")
bad_chunk("trailer_with_space_before_the_colon", b"0\r\nX : y\r\n\r\n", "RFC 9112 5.1")
good_chunk("extension", b"3;a=b\r\nabc\r\n0;c\r\n\r\n", b"abc", "RFC 9112 7.1.1: ignored")
good_chunk("extension_behind_a_space", b"3 ;a=b\r\nabc\r\n0\r\n\r\n", b"abc", "RFC 9112 7.1.1: BWS")
good_chunk("extension_quoted", b'3;a="b;c, d"\r\nabc\r\n0\r\n\r\n', b"abc", "RFC 9112 7.1.1: ignored")
good_chunk("extension_of_3000", b"3;" + b"a" * 3000 + b"\r\nabc\r\n0\r\n\r\n", b"abc", "RFC 9112 7.1.1: ignored")
good_chunk("trailer", b"3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n", b"abc", "RFC 9112 7.1.2: dropped")
good_chunk("trailer_that_frames", b"3\r\nabc\r\n0\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\nHost: b\r\n\r\n", b"abc",
           "RFC 9110 6.5.1: dropped, never merged")

# ---- several requests ----

case("two_gets", get() + get(), [OK, OK], "RFC 9112 9.3.2")
case("five_gets", get() * 5, [OK] * 5, "RFC 9112 9.3.2")
case("a_post_and_a_get", post(b"Content-Length: 5\r\n", b"hello") + get(), [OK, OK], "RFC 9112 9.3.2", methods=["POST", "GET"])
case("a_chunked_post_and_a_get", CHUNKED + b"5\r\nhello\r\n0\r\n\r\n" + get(), [OK, OK], "RFC 9112 9.3.2", api=[411], methods=["POST", "GET"])
case("a_body_one_byte_too_long", post(b"Content-Length: 4\r\n", b"hello") + get(), [OK, (400, 403, 405, 501)],
     "RFC 9112 6.3: the byte is part of the next method", methods=["POST", "GET"], then="open")
case("a_get_and_rubbish", get() + b"\0\r\n\r\n" + SMUGGLED, [OK, 400], "RFC 9112 9.3.2")
case("a_get_and_both_lengths", get() + post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED), [OK, 400], "RFC 9112 6.1")
case("a_closing_get_and_another", get(b"Connection: close\r\n") + SMUGGLED, [OK], "RFC 9112 9.6: the last one", then="closed")
case("an_old_get_and_another", b"GET @G HTTP/1.0\r\n@H\r\n" + SMUGGLED, [OK], "RFC 9112 9.3: 1.0 closes", then="closed")
case("empty_lines_between", get() + b"\r\n" + get(), [OK, OK], "RFC 9112 2.2")
case("head_and_get", b"HEAD @G HTTP/1.1\r\n@H\r\n" + get(), [OK, OK], "RFC 9110 9.3.2", methods=["HEAD", "GET"])

# ---- expectations and upgrades ----

case("expect_and_body_at_once", post(b"Expect: 100-continue\r\nContent-Length: 5\r\n", b"hello"), OK, "RFC 9110 10.1.1", body=b"hello")
case("expect_in_another_case", post(b"Expect: 100-Continue\r\nContent-Length: 5\r\n", b"hello"), OK, "RFC 9110 10.1.1", body=b"hello")
case("expect_in_1_0", b"POST @P HTTP/1.0\r\n@HExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", OK, "RFC 9110 10.1.1: ignored",
     body=b"hello", then="closed")
case("expect_unknown", post(b"Expect: 200-ok\r\nContent-Length: 5\r\n", b"hello" + SMUGGLED), 417, "RFC 9110 10.1.1")
case("expect_two", post(b"Expect: 100-continue, x\r\nContent-Length: 5\r\n", b"hello" + SMUGGLED), 417, "RFC 9110 10.1.1")
case("expect_without_body", get(b"Expect: 100-continue\r\n"), OK, "RFC 9110 10.1.1: nothing to wait for")
case("upgrade_to_http_2", get(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), OK, "RFC 9110 7.8: ignored")
case("upgrade_with_a_body", post(b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n", b"hello"), OK, "RFC 9110 7.8: ignored",
     body=b"hello")
case("te_trailers", get(b"TE: trailers\r\nConnection: TE\r\n"), OK, "RFC 9110 10.1.4")
case("connection_close_in_odd_spelling", get(b"Connection: foo , CLOSE\r\n") + SMUGGLED, [OK], "RFC 9110 7.6.1", then="closed")
