//! Host names as they appear in addresses.

use std::net::IpAddr;

/// Whether a host, with or without a port, is this machine: `localhost`, a loopback address (RFC 1122, RFC 4291;
/// `::ffff:127.0.0.1` is one too), or the unspecified address, under which a client reaches its own machine.
pub fn is_loopback(host: &str) -> bool {
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let name = match (bracketed, host.rsplit_once(':')) {
        (Some((address, _)), _) => address,
        (None, Some((name, _))) if !name.contains(':') => name,
        (None, _) => host,
    };
    let own = |address: IpAddr| address.is_loopback() || address.is_unspecified();
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|it| own(it.to_canonical()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_told_from_names_that_look_like_it() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8000",
            "127.8.8.8",
            "localhost",
            "LOCALHOST:1",
            "[::1]",
            "[::1]:80",
            "::1",
            "[::ffff:127.0.0.1]:80",
            "0.0.0.0",
            "0.0.0.0:8000",
            "[::]:80",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "127.0.0.1.relay.example",
            "127.0.0.1.relay.example:80",
            "127.relay.example",
            "localhost.example.com:80",
            "10.0.0.1",
            "0.0.0.1",
            "[::2]:80",
            "",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
