//! UUID, INET6 and INET4, which only MariaDB has.

use super::{Fate, MARIADB, Refused, Stored, WRONG_KIND, check_on};

#[test]
fn uuids_and_addresses() {
    let uuid = Stored("00112233-4455-6677-8899-aabbccddeeff");
    let cells = [
        ("null", Stored("∅")),
        ("\"00112233-4455-6677-8899-AABBCCDDEEFF\"", uuid),
        ("\"00112233445566778899aabbccddeeff\"", uuid),
        ("\"{00112233-4455-6677-8899-aabbccddeeff}\"", uuid),
        ("\"00112233-4455-6677-8899-aabbccddee\"", Refused("not a UUID")),
        ("\"xyz\"", Refused("not a UUID")),
        ("7", WRONG_KIND),
    ];
    check_on(MARIADB, "uuid", "uuid", "c", &cells);
    const NOT_SIX: Fate = Refused("not an IPv6 address");
    let cells = [
        ("null", Stored("∅")),
        ("\"2001:DB8::0\"", Stored("2001:db8::")),
        ("\"::ffff:10.0.0.1\"", Stored("::ffff:10.0.0.1")),
        ("\"10.0.0.1\"", NOT_SIX),
        ("\"::1/64\"", NOT_SIX),
        ("true", WRONG_KIND),
    ];
    check_on(MARIADB, "inet6", "inet6", "c", &cells);
    let cells = [
        ("\"10.0.0.1\"", Stored("10.0.0.1")),
        ("\"10.1\"", Refused("not an IPv4 address")),
        ("\"::1\"", Refused("not an IPv4 address")),
    ];
    check_on(MARIADB, "inet4", "inet4", "c", &cells);
}
