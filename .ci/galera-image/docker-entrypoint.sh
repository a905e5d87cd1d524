#!/bin/bash
# Starts mariadbd as the official image does, as far as make failover needs that: MARIADB_ROOT_PASSWORD;
# the arguments are mariadbd's. The data is in the container and goes with it.
set -euo pipefail
[[ ${1:-} != mariadbd ]] || shift

data=/var/lib/mysql
init=()
if [[ ! -d $data/mysql ]]; then
	cp -a --sparse=always /usr/share/mysql-template/. "$data"
	mkdir -p /run/mysqld
	chown -R mysql:mysql "$data" /run/mysqld
	password="'${MARIADB_ROOT_PASSWORD//\'/\'\'}'"
	{
		echo "SET SESSION wsrep_on = OFF;" # each node its own
		echo "ALTER USER root@localhost IDENTIFIED BY $password;"
		echo "CREATE USER IF NOT EXISTS root@'%' IDENTIFIED BY $password;"
		echo "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
	} >/run/mysqld/init.sql
	init=(--init-file=/run/mysqld/init.sql)
fi
exec setpriv --reuid=mysql --regid=mysql --clear-groups mariadbd --no-defaults --datadir="$data" "${init[@]}" \
	--socket=/run/mysqld/mysqld.sock --pid-file=/run/mysqld/mysqld.pid --skip-name-resolve "$@"
