mod account;
mod login;
mod stand_in;
mod tls;
