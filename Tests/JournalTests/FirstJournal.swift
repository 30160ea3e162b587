/// A journal as the first version of the agent wrote it: one model whose first deployment has failed, one in the middle
/// of a canary, and one that a person has rolled back and whose revert is pending.
let firstJournal = #"""
  CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    record TEXT NOT NULL
  ) STRICT;
  INSERT INTO "event" VALUES(1,'{"at":1772357400250,"message":"text","model":"fraud-detector","reason":"St\#
  epCompleted","rollout":"01","sequence":0}');
  CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
  INSERT INTO "grdb_migrations" VALUES('1-initial');
  CREATE TABLE instance (
    id TEXT PRIMARY KEY NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  INSERT INTO "instance" VALUES('fraud-detector-1','{"command":["serve","--port","20000"],"environment":{"\#
  PORT":"20000"},"folder":"/var/lib/evenkeel/a","id":"fraud-detector-1","metricsPort":20001,"model":"fraud\#
  -detector","port":20000,"readyPath":"/ready","revision":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\#
  aaaaaaaaaaaaaaaaaaaaaaaa","terminationGrace":[0,1500000000000000000]}');
  CREATE TABLE model (
    name TEXT PRIMARY KEY NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  INSERT INTO "model" VALUES('failed-first','{"conditions":[{"message":"no version serves","reason":"NotDe\#
  ployed","since":1772357400250,"status":"False","type":"Ready"},{"message":"traffic returns to stable","r\#
  eason":"Restoring","since":1772357400250,"status":"True","type":"Reconciling"},{"message":"Git asks for \#
  version 7, which failed; nothing serves","reason":"RevertPending","since":1772357400250,"status":"True",\#
  "type":"PinnedByRollback"}],"file":"models/failed-first.yaml","live":{"labels":{"a":"b"},"policy":{"chec\#
  ks":[{"errorRate":{"alpha":0.1,"max":0.01,"versusStable":true},"name":"errors"}],"name":"careful","ready\#
  Timeout":[4,16213023705161793536],"strategy":{"canary":{"_0":[{"weight":{"_0":5}},{"analyze":{"for":[0,1\#
  500000000000000000],"minRequests":20}}]}}},"replicas":2,"route":{"prefix":"/v2/models/failed-first"}},"m\#
  achine":{"desired":{"commit":"c1","revision":"sha256:2c5a8161e55c3c662747e57a636b08b4a339b3c3bf6675c7251\#
  d5e46a8b2dfcf","version":"7"},"failures":[{"at":1772357400250,"attempt":{"commit":"c1","revision":"sha25\#
  6:2c5a8161e55c3c662747e57a636b08b4a339b3c3bf6675c7251d5e46a8b2dfcf"},"message":"\"quoted\" and ünïcode",\#
  "version":"7"}],"name":"failed-first","removing":false,"replicas":2,"rollout":{"candidate":{"commit":"c1\#
  ","revision":"sha256:2c5a8161e55c3c662747e57a636b08b4a339b3c3bf6675c7251d5e46a8b2dfcf","version":"7"},"c\#
  hecks":[],"cursor":0,"id":"01","kind":{"deploy":{}},"program":{"steps":[{"fetch":{}},{"verify":{}},{"sta\#
  rt":{"instances":2}},{"promote":{}}]},"readyTimeout":[4,16213023705161793536],"requestsAtStepStart":0,"s\#
  tage":{"restoring":{"_0":{"at":1772357400250,"checks":[],"log":[],"message":"\"quoted\" and ünïcode","re\#
  ason":"DigestMismatch","step":1,"stepText":"fetch the artifact","steps":4}}},"startedAt":1772357400250,"\#
  stepStartedAt":1772357400250}},"startedInstances":1,"workloads":["sha256:2c5a8161e55c3c662747e57a636b08b\#
  4a339b3c3bf6675c7251d5e46a8b2dfcf",{"artifact":{"digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\#
  aaaaaaaaaaaaaaaaaaaaaaaaa","uri":"file:///m","version":"7"},"environment":{},"runtime":{"command":["serv\#
  e"],"environment":{"A":"$(PORT)"},"name":"r","readyPath":"/ready","servingProtocol":"open-inference-v2",\#
  "terminationGrace":[1,11553255926290448384]}},"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\#
  bbbbbbbbbbbbbb",{"artifact":{"digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\#
  aaaaaa","uri":"file:///m","version":"7"},"environment":{},"runtime":{"command":["serve"],"environment":{\#
  "A":"$(PORT)"},"name":"r","readyPath":"/ready","servingProtocol":"open-inference-v2","terminationGrace":\#
  [1,11553255926290448384]}}]}');
  INSERT INTO "model" VALUES('in-canary','{"conditions":[{"message":"no version serves","reason":"NotDeplo\#
  yed","since":1772357400250,"status":"False","type":"Ready"},{"message":"traffic returns to stable","reas\#
  on":"Restoring","since":1772357400250,"status":"True","type":"Reconciling"},{"message":"Git asks for ver\#
  sion 7, which failed; nothing serves","reason":"RevertPending","since":1772357400250,"status":"True","ty\#
  pe":"PinnedByRollback"}],"file":"models/in-canary.yaml","live":{"labels":{"a":"b"},"policy":{"checks":[{\#
  "errorRate":{"alpha":0.1,"max":0.01,"versusStable":true},"name":"errors"}],"name":"careful","readyTimeou\#
  t":[4,16213023705161793536],"strategy":{"canary":{"_0":[{"weight":{"_0":5}},{"analyze":{"for":[0,1500000\#
  000000000000],"minRequests":20}}]}}},"replicas":2,"route":{"prefix":"/v2/models/in-canary"}},"machine":{\#
  "desired":{"commit":"c2","revision":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\#
  bbbb","version":"2"},"failures":[],"name":"in-canary","removing":false,"replicas":2,"rollout":{"candidat\#
  e":{"commit":"c2","revision":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","\#
  version":"2"},"checks":[{"check":{"errorRate":{"alpha":0.1,"max":0.01,"versusStable":true},"name":"error\#
  s"},"test":{"candidate":{"errors":1,"requests":10},"comparison":{"bets":[{"logLikelihoodRatio":0.3835649\#
  7145857654,"oddsRatio":1.5},{"logLikelihoodRatio":1.011926343717612,"oddsRatio":3},{"logLikelihoodRatio"\#
  :1.579406356726243,"oddsRatio":6},{"logLikelihoodRatio":2.0352851116272257,"oddsRatio":12},{"logLikeliho\#
  odRatio":2.3004828214348434,"oddsRatio":24},{"logLikelihoodRatio":2.273390264148155,"oddsRatio":48},{"lo\#
  gLikelihoodRatio":1.8591285059889229,"oddsRatio":96}],"openCandidate":{"errors":0,"requests":0},"openSta\#
  ble":{"errors":0,"requests":0}},"errorRate":{"alpha":0.1,"max":0.01,"versusStable":true},"hasFailed":fal\#
  se,"stable":{"errors":3,"requests":900}}}],"cursor":4,"id":"02","kind":{"deploy":{}},"program":{"steps":\#
  [{"fetch":{}},{"verify":{}},{"start":{"instances":2}},{"weight":{"_0":5}},{"analyze":{"for":[0,150000000\#
  0000000000],"minRequests":20}},{"promote":{}},{"stop":{}}]},"readyTimeout":[4,16213023705161793536],"req\#
  uestsAtStepStart":0,"settlesAt":1772357401250,"stage":{"stepping":{}},"startedAt":1772357400250,"stepSta\#
  rtedAt":1772357400250,"traffic":{"candidateRequests":10,"seenCandidate":{"errors":1,"requests":10},"seen\#
  Stable":{"errors":3,"requests":900}}},"stable":{"commit":"c1","revision":"sha256:aaaaaaaaaaaaaaaaaaaaaaa\#
  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","version":"1"}},"startedInstances":3,"workloads":["sha256:aaa\#
  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",{"artifact":{"digest":"sha256:aaaaaaaaaaa\#
  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","uri":"file:///m","version":"7"},"environment":{}\#
  ,"runtime":{"command":["serve"],"environment":{"A":"$(PORT)"},"name":"r","readyPath":"/ready","servingPr\#
  otocol":"open-inference-v2","terminationGrace":[1,11553255926290448384]}},"sha256:bbbbbbbbbbbbbbbbbbbbbb\#
  bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",{"artifact":{"digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\#
  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","uri":"file:///m","version":"7"},"environment":{},"runtime":{"comman\#
  d":["serve"],"environment":{"A":"$(PORT)"},"name":"r","readyPath":"/ready","servingProtocol":"open-infer\#
  ence-v2","terminationGrace":[1,11553255926290448384]}}]}');
  INSERT INTO "model" VALUES('rolled-back','{"conditions":[{"message":"no version serves","reason":"NotDep\#
  loyed","since":1772357400250,"status":"False","type":"Ready"},{"message":"traffic returns to stable","re\#
  ason":"Restoring","since":1772357400250,"status":"True","type":"Reconciling"},{"message":"Git asks for v\#
  ersion 7, which failed; nothing serves","reason":"RevertPending","since":1772357400250,"status":"True","\#
  type":"PinnedByRollback"}],"file":"models/in-canary.yaml","live":{"labels":{"a":"b"},"policy":{"checks":\#
  [{"errorRate":{"alpha":0.1,"max":0.01,"versusStable":true},"name":"errors"}],"name":"careful","readyTime\#
  out":[4,16213023705161793536],"strategy":{"canary":{"_0":[{"weight":{"_0":5}},{"analyze":{"for":[0,15000\#
  00000000000000],"minRequests":20}}]}}},"replicas":2,"route":{"prefix":"/v2/models/in-canary"}},"machine"\#
  :{"desired":{"commit":"c2","revision":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\#
  bbbbbb","version":"2"},"failures":[{"at":1772357440250,"attempt":{"commit":"c2","revision":"sha256:bbbbb\#
  bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},"message":"rolled back by ann: slow","vers\#
  ion":"2"}],"name":"rolled-back","removing":false,"replicas":2,"rollout":{"candidate":{"commit":"c1","rev\#
  ision":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","version":"1"},"checks"\#
  :[],"cursor":3,"id":"05","kind":{"restore":{"failure":{"at":1772357440250,"checks":[],"log":[],"message"\#
  :"rolled back by ann: slow","reason":"RolledBackByHand","step":1,"stepText":"stable","steps":1},"from":{\#
  "commit":"c2","revision":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","vers\#
  ion":"2"}}},"program":{"steps":[{"fetch":{}},{"verify":{}},{"start":{"instances":2}},{"promote":{}},{"st\#
  op":{}}]},"readyTimeout":[3,4659767778871345152],"requestedBy":"ann","requestsAtStepStart":0,"stage":{"w\#
  ritingBack":{"_0":{"at":1772357440250,"checks":[],"log":[],"message":"rolled back by ann: slow","reason"\#
  :"RolledBackByHand","step":1,"stepText":"stable","steps":1},"_1":{"pending":{"retryAt":1772357440250,"tr\#
  ies":0}}}},"startedAt":1772357440250,"stepStartedAt":1772357440250,"traffic":{"candidateRequests":0,"see\#
  nCandidate":{"errors":0,"requests":0},"seenStable":{"errors":0,"requests":0}}},"stable":{"commit":"c1","\#
  revision":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","version":"1"}},"sta\#
  rtedInstances":3,"workloads":["sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",\#
  {"artifact":{"digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","uri":"f\#
  ile:///m","version":"7"},"environment":{},"runtime":{"command":["serve"],"environment":{"A":"$(PORT)"},"\#
  name":"r","readyPath":"/ready","servingProtocol":"open-inference-v2","terminationGrace":[1,1155325592629\#
  0448384]}},"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",{"artifact":{"diges\#
  t":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","uri":"file:///m","version"\#
  :"7"},"environment":{},"runtime":{"command":["serve"],"environment":{"A":"$(PORT)"},"name":"r","readyPat\#
  h":"/ready","servingProtocol":"open-inference-v2","terminationGrace":[1,11553255926290448384]}}]}');
  CREATE TABLE rollout (
    id TEXT PRIMARY KEY NOT NULL,
    model TEXT NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  INSERT INTO "rollout" VALUES('01','fraud-detector','{"checks":[],"commit":"c1","endedAt":1772357400250,"\#
  id":"01","model":"fraud-detector","outcome":"promoted","revision":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\#
  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","startedAt":1772357400250,"version":"7"}');
  CREATE TABLE source (
    -- There is one row at most.
    id INTEGER PRIMARY KEY CHECK (id = 1),
    record TEXT NOT NULL
  ) STRICT;
  INSERT INTO "source" VALUES(1,'{"branch":"main","commit":"c1","fetchedAt":1772357400250,"path":"prod","u\#
  rl":"https://git.example.com/models.git"}');
  CREATE INDEX rolloutByModel ON rollout (model, id);
  DELETE FROM "sqlite_sequence";
  INSERT INTO "sqlite_sequence" VALUES('event',1);
  """#
