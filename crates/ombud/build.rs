//! Asks the linker for the compact form of relative relocations (`DT_RELR`). The tables of texts hold some 80,000 pointers; in the
//! classic form each costs 24 bytes of the file, in the compact one less than one. The loader of glibc reads it since 2.36, and a
//! build for anything older or other is linked as usual.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let native = var("TARGET") == var("HOST");
    let release = var("PROFILE") == "release";
    let glibc = var("CARGO_CFG_TARGET_OS") == "linux" && var("CARGO_CFG_TARGET_ENV") == "gnu";
    // `x86_64` is where the linker that Rust brings along, or binutils as new as the C library, is known to write it.
    let linker = var("CARGO_CFG_TARGET_ARCH") == "x86_64";
    if native && release && glibc && linker && c_library() >= (2, 36) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Version of the C library of this machine, which the binary is linked with; zeros if it does not tell.
fn c_library() -> (u32, u32) {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let version = told.trim().strip_prefix("glibc ").unwrap_or_default();
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
