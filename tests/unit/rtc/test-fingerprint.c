/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtc/fingerprint.h"

#include "tests/support/unit.h"

/* made by `openssl req -x509 -newkey ec`; the fingerprints by `openssl x509 -fingerprint` */
static const char pem[] =
  "-----BEGIN CERTIFICATE-----\n"
  "MIIBbjCCARSgAwIBAgITdLo8XJ0aFXEGyTv3NVz8+0DqPTAKBggqhkjOPQQDAjAM\n"
  "MQowCAYDVQQDDAF0MCAXDTI2MTEyMTA0MjUwMloYDzIxMjYxMDI4MDQyNTAyWjAM\n"
  "MQowCAYDVQQDDAF0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdQFHGpJ7KJMZ\n"
  "sBOoqqDcv7/sZnl2MN1GtPurXYoFcnzZYCpJv+2tcuWJbWEdaSuCle2/m9XWXvsE\n"
  "hPDMtYotuaNTMFEwHQYDVR0OBBYEFNdXzcoWjbmFOLZqxK/TW1qPiDLGMB8GA1Ud\n"
  "IwQYMBaAFNdXzcoWjbmFOLZqxK/TW1qPiDLGMA8GA1UdEwEB/wQFMAMBAf8wCgYI\n"
  "KoZIzj0EAwIDSAAwRQIgfV26+Gkmxd4suBEoIkxBfObDukwCO0dmtlGajV/Lh1sC\n"
  "IQDzKQ53Fyb1fywNWdvEtfM4FfuTHik6ts6e2nrvl1MQug==\n"
  "-----END CERTIFICATE-----\n";

static void
the_certificate_of_the_offer_matches (void **unused)
{
  assert_true (hn_fingerprint_matches (pem, "sha-256 83:CB:B1:8A:68:32:DE:D4:7D:8C:49:81:31:07:6F:AE:7B:E1:31:4C:02:8B:EE:0B:6B:6F:EC:EE:DD:B0:28:59"));
  assert_true (hn_fingerprint_matches (pem, "sha-384 E8:21:8D:C9:0E:66:86:3E:94:67:07:D8:CA:CA:F1:C6:41:E9:EB:5D:09:90:28:31:D4:D8:4D:BB:70:0E:F3:8C:08:19:49:39:E5:6A:D3:CC:A8:8F:7B:B8:8F:AE:FF:EF"));
  assert_true (hn_fingerprint_matches (pem, "sha-512 4C:99:5A:9A:19:A5:16:DD:D4:F7:41:81:E5:11:17:48:F3:43:89:C9:72:63:23:08:0D:22:C5:D3:79:82:5B:09:DF:97:21:20:39:D5:63:DA:29:F6:05:CE:E4:53:A3:08:46:FE:45:77:97:0F:F2:9B:BD:85:13:DC:AC:3A:E7:FD"));
}

static void
any_other_does_not (void **unused)
{
  assert_false (hn_fingerprint_matches (pem, "sha-256 83:CB:B1:8A:68:32:DE:D4:7D:8C:49:81:31:07:6F:AE:7B:E1:31:4C:02:8B:EE:0B:6B:6F:EC:EE:DD:B0:28:50"));
  assert_false (hn_fingerprint_matches (pem, "sha-384 83:CB:B1:8A:68:32:DE:D4:7D:8C:49:81:31:07:6F:AE:7B:E1:31:4C:02:8B:EE:0B:6B:6F:EC:EE:DD:B0:28:59"));
  assert_false (hn_fingerprint_matches (pem, "sha-1 00:00"));
  assert_false (hn_fingerprint_matches (pem, ""));
}

static void
what_is_no_certificate_matches_nothing (void **unused)
{
  const char *fingerprint = "sha-256 E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55";

  /* that is the hash of nothing */
  assert_false (hn_fingerprint_matches (NULL, fingerprint));
  assert_false (hn_fingerprint_matches ("", fingerprint));
  assert_false (hn_fingerprint_matches ("-----BEGIN CERTIFICATE----------END CERTIFICATE-----", fingerprint));
  assert_false (hn_fingerprint_matches ("-----BEGIN CERTIFICATE-----", fingerprint));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_certificate_of_the_offer_matches),
    cmocka_unit_test (any_other_does_not),
    cmocka_unit_test (what_is_no_certificate_matches_nothing),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
