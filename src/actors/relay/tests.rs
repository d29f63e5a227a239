//! A relay before clients and peers.
