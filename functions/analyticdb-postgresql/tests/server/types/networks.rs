//! Addresses of networks and of cards.

use super::{Fate, Refused, Stored, WRONG_KIND, check};

const NO_ADDRESS: Fate = Refused("the text is not an IP address");
const NO_CARD: Fate = Refused("the text is not a MAC address");

#[test]
fn inet() {
    let cells = [
        ("null", Stored("∅")),
        ("\"10.0.0.1\"", Stored("10.0.0.1/32")),
        ("\"10.0.0.1/24\"", Stored("10.0.0.1/24")),
        ("\"::1/64\"", Stored("::1/64")),
        ("\"2001:DB8::ffff:1.2.3.4\"", Stored("2001:db8::ffff:102:304/128")),
        ("\"0.0.0.0/0\"", Stored("0.0.0.0/0")),
        ("\"10.0.0.1/33\"", NO_ADDRESS),
        ("\"10.0.0.256\"", NO_ADDRESS),
        ("\"10.1\"", NO_ADDRESS),
        ("\"fe80::1%eth0\"", NO_ADDRESS),
        ("\"secret\"", NO_ADDRESS),
        ("\"\"", NO_ADDRESS),
        ("167772161", WRONG_KIND),
        ("true", WRONG_KIND),
        ("{}", WRONG_KIND),
    ];
    check("inet", "inet", &cells);
}

#[test]
fn cidr() {
    let cells = [
        ("\"10.0.0.0/24\"", Stored("10.0.0.0/24")),
        ("\"10.0.0.1\"", Stored("10.0.0.1/32")),
        ("\"0.0.0.0/0\"", Stored("0.0.0.0/0")),
        ("\"2001:db8::/32\"", Stored("2001:db8::/32")),
        ("\"10.0.0.1/24\"", Refused("to the right")),
        ("\"::1/64\"", Refused("to the right")),
        ("\"10/8\"", NO_ADDRESS),
        ("10", WRONG_KIND),
    ];
    check("cidr", "cidr", &cells);
}

#[test]
fn cards() {
    let six = [
        ("null", Stored("∅")),
        ("\"08:00:2b:01:02:03\"", Stored("08:00:2b:01:02:03")),
        ("\"08-00-2B-01-02-03\"", Stored("08:00:2b:01:02:03")),
        ("\"0800.2b01.0203\"", Stored("08:00:2b:01:02:03")),
        ("\"08002b010203\"", Stored("08:00:2b:01:02:03")),
        ("\"09:00:2b:01:02\"", NO_CARD),
        ("\"09:00:2b:01:02:03:04:05\"", NO_CARD),
        ("\"08:00:2b:01:02:0g\"", NO_CARD),
        ("\"08:00-2b:01:02:03\"", NO_CARD),
        ("\"\"", NO_CARD),
        ("80028010203", WRONG_KIND),
    ];
    check("macaddr", "macaddr", &six);
    let eight = [
        ("\"08:00:2b:01:02:03:04:05\"", Stored("08:00:2b:01:02:03:04:05")),
        ("\"08:00:2b:01:02:03\"", Stored("08:00:2b:ff:fe:01:02:03")),
        ("\"09:00:2b:01:02:03:04\"", NO_CARD),
        ("true", WRONG_KIND),
    ];
    check("macaddr8", "macaddr8", &eight);
}
