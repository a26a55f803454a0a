# shellcheck shell=bash
# A private certificate authority, and one server certificate for localhost and 127.0.0.1 for all services.

make_certificates() {
  [[ ! -d $STATE/tls ]] || return 0
  need openssl openssl
  local new="$STATE/tls.new"
  rm -rf "$new"
  mkdir "$new"
  (umask 077 && cd "$new" && sign_certificates) >/dev/null 2>"$STATE/openssl.log" ||
    fail_with_log "$STATE/openssl.log" "openssl could not make the certificates"
  chmod 644 "$new"/*.pem
  mv "$new" "$STATE/tls"
}

sign_certificates() {
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config request.cnf) days=(-days 3650)
  cat >request.cnf <<'CNF'
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
CNF
  openssl req -x509 "${key[@]}" "${days[@]}" -subj '/CN=sluice test authority' -extensions authority \
    -keyout ca.key -out ca.pem &&
    openssl req "${key[@]}" -subj '/CN=localhost' -keyout server.key -out server.csr &&
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial "${days[@]}" \
      -extfile request.cnf -extensions server -out server.pem
}
