#!/usr/bin/env bash
# The shipped hook for Tomcat against Tomcat, run by its own user: by the manager, and by JMX.
# shellcheck source=tests/e2e/server-lib.sh
. "$(dirname "$0")/server-lib.sh"
need java curl /usr/share/tomcat10/bin/catalina.sh /usr/share/tomcat10-admin/manager
need_root
world_make

user=tomcat
PORT_MANAGER=$(free_port)
mkdir -p "$D"/{conf/Catalina/localhost,logs,temp,work,webapps}
cp /etc/tomcat10/{web.xml,catalina.properties,logging.properties,context.xml} "$D/conf/"
cat >"$D/conf/server.xml" <<EOC
<Server port="-1">
  <Service name="Catalina">
    <Connector port="$PORT_MANAGER" address="127.0.0.1"/>
    <Connector port="$PORT_TLS" address="127.0.0.1" SSLEnabled="true" scheme="https" secure="true">
      <SSLHostConfig>
        <Certificate type="EC" certificateFile="$LIVE/cert.pem" certificateKeyFile="$LIVE/privkey.pem"
          certificateChainFile="$LIVE/chain.pem"/>
      </SSLHostConfig>
    </Connector>
    <Engine name="Catalina" defaultHost="localhost">
      <Realm className="org.apache.catalina.realm.MemoryRealm"/>
      <Host name="localhost" appBase="webapps"/>
    </Engine>
  </Service>
</Server>
EOC
cat >"$D/conf/Catalina/localhost/manager.xml" <<EOC
<Context docBase="/usr/share/tomcat10-admin/manager" privileged="true"/>
EOC
cat >"$D/conf/tomcat-users.xml" <<EOC
<tomcat-users>
  <user username="deployer" password="unguessable" roles="manager-script"/>
  <user username="bean" password="unguessable" roles="manager-jmx"/>
</tomcat-users>
EOC
chown -R "$user:" "$D"

# login NAME: a netrc file for it
login() {
	(umask 077 && printf 'machine 127.0.0.1 login %s password unguessable\n' "$1" >"$T/$1.netrc")
}
login deployer
login bean
login nobody
MANAGER=('script = tomcat' "option.url = http://127.0.0.1:$PORT_MANAGER/manager")
HOOK=("${MANAGER[@]}" "option.credentials = $T/deployer.netrc" "option.user = $user")
readable=("group = $user" 'key_mode = 0640')
CERT=("${readable[@]}")

server_start() {
	CATALINA_HOME=/usr/share/tomcat10 CATALINA_BASE=$D CATALINA_TMPDIR=$D/temp \
		JAVA_OPTS='-Xmx160m -XX:+UseSerialGC -XX:TieredStopAtLevel=1' \
		setpriv --reuid="$user" --regid="$user" --init-groups \
		/usr/share/tomcat10/bin/catalina.sh run >"$D/out" 2>&1 </dev/null &
	MASTER=$!
}

master() {
	[ -z "${MASTER:-}" ] || ! kill -0 "$MASTER" 2>/dev/null || say "$MASTER"
}

server_stop() {
	[ -z "$(master)" ] || stop "$MASTER"
}

# Tomcat's configuration is read once. What can break is what it reads again.
server_break() {
	CERT=()
	deployed
}

server_mend() {
	CERT=("${readable[@]}")
	deployed
}

# The tests in the middle of the story, while it runs.
story "user $user can't read the key .*; set group = $user and key_mode = 0640"

say "started again, reloaded by JMX"
server_start
wait_for 60 serves_live
HOOK=("${MANAGER[@]}" 'option.via = jmx' "option.credentials = $T/bean.netrc")
deployed
expect_run 0 "$NAME"
renewed

say "what Tomcat says of a key that it can't read"
CERT=()
deployed
refused 'jmxproxy.*privkey.pem \(Permission denied\)'
HOOK=("${MANAGER[@]}" "option.credentials = $T/deployer.netrc")
deployed
refused 'sslReload.*privkey.pem \(Permission denied\)'
CERT=("${readable[@]}")

say "logins"
HOOK=("${MANAGER[@]}" "option.credentials = $T/nobody.netrc")
hook_says 1 'HTTP 401: is the login in' test
HOOK=("${MANAGER[@]}" "option.credentials = $T/bean.netrc")
hook_says 1 'HTTP 403: has the login the role manager-script' test
chmod 644 "$T/deployer.netrc"
HOOK=("${MANAGER[@]}" "option.credentials = $T/deployer.netrc")
hook_says 1 'can be read or written by everybody' test
hook_says 1 'can be read or written by everybody' deploy

say "all of it"
