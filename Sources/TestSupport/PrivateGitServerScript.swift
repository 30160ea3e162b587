import Glibc

/// nginx for one server. `@PORT@` is filled in by ``privateGitServerScript``.
func nginxConfiguration(_ own: String, serving folder: String, with script: String) -> String {
  let temporary = ["client_body", "fastcgi", "proxy", "uwsgi", "scgi"]
    .map { "  \($0)_temp_path \(own)/\($0);\n" }.joined()
  return """
    \(geteuid() == 0 ? "user root;" : "")
    daemon off;
    worker_processes 1;
    pid \(own)/pid;
    error_log \(own)/log;
    events { worker_connections 64; }
    http {
      log_format short '$status $request_method $request_uri';
      access_log \(own)/requests short;
      client_max_body_size 0;
    \(temporary)  server {
        listen 127.0.0.1:@PORT@ ssl;
        server_name localhost;
        ssl_certificate \(own)/server.pem;
        ssl_certificate_key \(own)/server.key;
        location ~ ^/redirect/([a-z]+)/([^/]+)/(.*)$ { return 302 $1://$2/$3$is_args$args; }
        location / {
          auth_basic models;
          auth_basic_user_file \(own)/users;
          location /forbidden/ { deny all; }
          fastcgi_pass unix:\(own)/cgi;
          fastcgi_read_timeout 300;
          fastcgi_param SCRIPT_FILENAME \(script);
          fastcgi_param GIT_PROJECT_ROOT \(folder);
          fastcgi_param GIT_HTTP_EXPORT_ALL 1;
          fastcgi_param PATH_INFO $uri;
          fastcgi_param QUERY_STRING $query_string;
          fastcgi_param REQUEST_METHOD $request_method;
          fastcgi_param CONTENT_TYPE $content_type;
          fastcgi_param CONTENT_LENGTH $content_length;
          fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
          fastcgi_param REMOTE_USER $remote_user;
          fastcgi_param REMOTE_ADDR $remote_addr;
        }
      }
    }

    """
}

/// Starts nginx and fcgiwrap, prints the port, and ends both when standard input ends. nginx gets a socket that
/// listens already, as in its upgrades: so the port cannot be taken by anybody else.
let privateGitServerScript = #"""
  import os, signal, socket, subprocess, sys

  own, nginx, fcgiwrap, libraries = sys.argv[1:]
  environment = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": libraries}
  listener = socket.socket()
  listener.bind(("127.0.0.1", 0))
  listener.listen(64)
  port = listener.getsockname()[1]

  with open(own + "/nginx.conf") as file:
      text = file.read().replace("@PORT@", str(port))
  with open(own + "/nginx.conf", "w") as file:
      file.write(text)

  cgi = socket.socket(socket.AF_UNIX)
  cgi.bind(own + "/cgi")
  cgi.listen(64)
  log = open(own + "/log", "ab")
  children = [
      # fcgiwrap serves the socket that is its standard input.
      subprocess.Popen([fcgiwrap, "-c", "4"], stdin=cgi, stdout=log, stderr=log, env=environment,
                       start_new_session=True),
      subprocess.Popen([nginx, "-p", own, "-c", own + "/nginx.conf"], stdout=log, stderr=log,
                       pass_fds=[listener.fileno()], start_new_session=True,
                       env=dict(environment, NGINX=f"{listener.fileno()};")),
  ]
  def end(*_):
      for child in children:
          try:
              os.killpg(child.pid, signal.SIGKILL)
          except ProcessLookupError:
              pass
      os._exit(0)

  signal.signal(signal.SIGTERM, end)
  print(port, flush=True)
  sys.stdin.buffer.read()
  end()
  """#
