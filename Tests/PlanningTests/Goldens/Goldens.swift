/// The outputs that the contracts promise, as they are written by `json`, `renderText` and `renderMarkdown`.

let statusGolden = #"""
  {
    "agent" : {
      "capacity" : {
        "cpu" : "3500m",
        "memory" : "16Gi"
      },
      "corrections" : 0,
      "name" : "prod-eu-1",
      "pruneLimit" : "50%",
      "version" : "0.1.0"
    },
    "models" : [
      {
        "candidate" : {
          "commit" : "1111111111111111111111111111111111111111",
          "revision" : "sha256:216894efb36d2e5f26f19eb31c60360dc465fd8390ed820c889afaae25402429",
          "version" : "8"
        },
        "checks" : [

        ],
        "conditions" : [
          {
            "message" : "no version serves",
            "reason" : "NotDeployed",
            "since" : "2026-03-01T09:30:00.250Z",
            "status" : "False",
            "type" : "Ready"
          },
          {
            "message" : "version 8: step 1 of 4 (fetch the artifact)",
            "reason" : "Progressing",
            "since" : "2026-03-01T09:30:00.250Z",
            "status" : "True",
            "type" : "Reconciling"
          }
        ],
        "corrections" : 0,
        "failures" : [
          {
            "at" : "2026-03-01T09:30:00.250Z",
            "commit" : "1111111111111111111111111111111111111111",
            "message" : "it crashed",
            "revision" : "sha256:b1041d64d72ab9fa8638eea43eb1302b3a06681d7a5ac95cc86d9ebcf7540745",
            "version" : "6"
          }
        ],
        "instances" : [
          {
            "id" : "fraud-detector-1",
            "port" : 20001,
            "ready" : true,
            "revision" : "sha256:216894efb36d2e5f26f19eb31c60360dc465fd8390ed820c889afaae25402429"
          }
        ],
        "live" : {
          "dependsOn" : [

          ],
          "labels" : {
            "team" : "risk"
          },
          "policy" : {
            "checks" : [
              {
                "errorRate" : {
                  "alpha" : 0.01,
                  "max" : 0.01,
                  "versusStable" : true
                },
                "name" : "error-budget"
              }
            ],
            "name" : "careful-canary",
            "onFailure" : "revert",
            "onUndecided" : "hold",
            "progressDeadline" : null,
            "readyTimeout" : "2m",
            "rollbackWindow" : "0s",
            "strategy" : {
              "canary" : {
                "steps" : [
                  {
                    "weight" : 5
                  },
                  {
                    "analyze" : {
                      "for" : "5m",
                      "minRequests" : 200
                    }
                  },
                  {
                    "weight" : 25
                  },
                  {
                    "pause" : {
                      "for" : "10m"
                    }
                  },
                  {
                    "weight" : 50
                  },
                  {
                    "pause" : {

                    }
                  },
                  {
                    "analyze" : {
                      "for" : "1500ms",
                      "minRequests" : 0
                    }
                  }
                ]
              }
            },
            "supersede" : "replace"
          },
          "replicas" : 2,
          "route" : {
            "host" : null,
            "prefix" : "/v2/models/fraud-detector"
          },
          "suspend" : false
        },
        "name" : "fraud-detector",
        "phase" : "fetching",
        "resources" : {
          "cpu" : null,
          "memory" : "1Gi"
        },
        "stable" : {
          "commit" : null,
          "revision" : "sha256:7777777777777777777777777777777777777777777777777777777777777777",
          "version" : "7"
        },
        "step" : {
          "index" : 1,
          "of" : 4,
          "text" : "fetch the artifact"
        },
        "warm" : null,
        "weights" : {
          "sha256:216894efb36d2e5f26f19eb31c60360dc465fd8390ed820c889afaae25402429" : 5,
          "sha256:7777777777777777777777777777777777777777777777777777777777777777" : 95
        }
      },
      {
        "candidate" : null,
        "checks" : [

        ],
        "conditions" : [

        ],
        "corrections" : 0,
        "failures" : [

        ],
        "instances" : [

        ],
        "live" : null,
        "name" : "new",
        "phase" : "stable",
        "resources" : null,
        "stable" : null,
        "step" : null,
        "warm" : null,
        "weights" : {

        }
      }
    ],
    "source" : {
      "commit" : "3f2a9c1d00000000000000000000000000000000",
      "fetchedAt" : "2026-03-01T09:30:00.250Z",
      "held" : null,
      "trouble" : null
    }
  }
  """#

let planGolden = #"""
  {
    "changes" : [
      {
        "change" : "change",
        "from" : {
          "revision" : "sha256:4d9d72dcd61417b1b44ee08aa7be635ec6b2d6d99cabab932916439e656842fb",
          "version" : "7"
        },
        "model" : "fraud-detector",
        "onFailure" : {
          "action" : "revert",
          "commits" : [
            "3f2a9c1d00000000000000000000000000000000"
          ]
        },
        "rollout" : true,
        "steps" : [
          {
            "kind" : "fetch",
            "text" : "fetch https://models.example.com/fraud/8/model.tar.gz"
          },
          {
            "kind" : "verify",
            "text" : "check that its digest is sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          },
          {
            "instances" : 2,
            "kind" : "start",
            "text" : "start 2 instances of version 8 beside version 7"
          },
          {
            "kind" : "weight",
            "percent" : 5,
            "text" : "send 5 % of the requests to version 8"
          },
          {
            "kind" : "analyze",
            "seconds" : 300,
            "text" : "judge by error-budget for 5m and at least 200 requests"
          },
          {
            "kind" : "weight",
            "percent" : 25,
            "text" : "send 25 % of the requests to version 8"
          },
          {
            "kind" : "pause",
            "seconds" : 600,
            "text" : "pause for 10m"
          },
          {
            "kind" : "weight",
            "percent" : 50,
            "text" : "send 50 % of the requests to version 8"
          },
          {
            "kind" : "pause",
            "text" : "wait for `evenkeel promote fraud-detector`"
          },
          {
            "kind" : "analyze",
            "seconds" : 1.5,
            "text" : "judge by error-budget for 1500ms"
          },
          {
            "kind" : "promote",
            "text" : "send all requests to version 8; it is stable from here on"
          },
          {
            "kind" : "stop",
            "text" : "stop version 7"
          }
        ],
        "to" : {
          "revision" : "sha256:216894efb36d2e5f26f19eb31c60360dc465fd8390ed820c889afaae25402429",
          "version" : "8"
        },
        "warnings" : [
          {
            "message" : "version 8 failed at 2026-03-01T09:30:00.250Z, from commit 11111111: it crashed",
            "reason" : "FailedBefore"
          }
        ]
      },
      {
        "change" : "remove",
        "from" : {
          "revision" : "sha256:4d9d72dcd61417b1b44ee08aa7be635ec6b2d6d99cabab932916439e656842fb",
          "version" : "7"
        },
        "model" : "gone",
        "onFailure" : {
          "action" : "none",
          "commits" : [

          ]
        },
        "rollout" : false,
        "steps" : [
          {
            "kind" : "weight",
            "percent" : 0,
            "text" : "end the route to version 7"
          },
          {
            "kind" : "stop",
            "text" : "stop 2 instances of version 7"
          }
        ],
        "to" : null,
        "warnings" : [

        ]
      },
      {
        "change" : "add",
        "from" : null,
        "model" : "new",
        "onFailure" : {
          "action" : "revert",
          "commits" : [
            "3f2a9c1d00000000000000000000000000000000"
          ]
        },
        "rollout" : true,
        "steps" : [
          {
            "kind" : "fetch",
            "text" : "fetch https://models.example.com/fraud/7/model.tar.gz"
          },
          {
            "kind" : "verify",
            "text" : "check that its digest is sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          },
          {
            "instances" : 2,
            "kind" : "start",
            "text" : "start 2 instances of version 7"
          },
          {
            "kind" : "promote",
            "text" : "send all requests to version 7; it is stable from here on"
          }
        ],
        "to" : {
          "revision" : "sha256:4d9d72dcd61417b1b44ee08aa7be635ec6b2d6d99cabab932916439e656842fb",
          "version" : "7"
        },
        "warnings" : [

        ]
      },
      {
        "change" : "change",
        "from" : {
          "revision" : "sha256:4d9d72dcd61417b1b44ee08aa7be635ec6b2d6d99cabab932916439e656842fb",
          "version" : "7"
        },
        "model" : "scaled",
        "onFailure" : {
          "action" : "none",
          "commits" : [

          ]
        },
        "rollout" : false,
        "steps" : [
          {
            "instances" : 1,
            "kind" : "start",
            "text" : "replicas 2 -> 3: start 1 more instance of version 7"
          }
        ],
        "to" : {
          "revision" : "sha256:4d9d72dcd61417b1b44ee08aa7be635ec6b2d6d99cabab932916439e656842fb",
          "version" : "7"
        },
        "warnings" : [

        ]
      }
    ],
    "diagnostics" : [
      {
        "column" : 5,
        "file" : "models/broken.yaml",
        "line" : 12,
        "message" : "unknown field `replica`",
        "severity" : "error",
        "suggestion" : "did you mean `replicas`?"
      }
    ],
    "source" : {
      "branch" : "main",
      "commit" : "3f2a9c1d00000000000000000000000000000000",
      "path" : "environments/prod",
      "url" : "https://git.example.com/models.git"
    },
    "stalled" : [
      {
        "message" : "its manifests cannot be read; what runs keeps running",
        "model" : "broken",
        "reason" : "Unreadable"
      }
    ],
    "summary" : {
      "add" : 1,
      "change" : 2,
      "remove" : 1,
      "stalled" : 1,
      "unchanged" : 1
    }
  }
  """#

let textGolden = #"""
  ~ fraud-detector  version 7 -> 8  (revision 4d9d72dcd614 -> 216894efb36d)
      1. fetch https://models.example.com/fraud/8/model.tar.gz
      2. check that its digest is sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      3. start 2 instances of version 8 beside version 7
      4. send 5 % of the requests to version 8
      5. judge by error-budget for 5m and at least 200 requests
      6. send 25 % of the requests to version 8
      7. pause for 10m
      8. send 50 % of the requests to version 8
      9. wait for `evenkeel promote fraud-detector`
     10. judge by error-budget for 1500ms
     11. send all requests to version 8; it is stable from here on
     12. stop version 7
      if it fails: all requests return to version 7, then 3f2a9c1d is reverted in Git
      warning: FailedBefore: version 8 failed at 2026-03-01T09:30:00.250Z, from commit 11111111: it crashed

  - gone  version 7  (revision 4d9d72dcd614)
      1. end the route to version 7
      2. stop 2 instances of version 7

  + new  version 7  (revision 4d9d72dcd614)
      1. fetch https://models.example.com/fraud/7/model.tar.gz
      2. check that its digest is sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      3. start 2 instances of version 7
      4. send all requests to version 7; it is stable from here on
      if it fails: it is stopped, then 3f2a9c1d is reverted in Git

  ~ scaled  version 7  (revision 4d9d72dcd614)
      1. replicas 2 -> 3: start 1 more instance of version 7

  ! broken  its manifests cannot be read; what runs keeps running

  1 to add, 2 to change, 1 to remove, 1 unchanged, 1 stalled.

  """#

let markdownGolden = #"""
  ### Evenkeel: 1 to add, 2 to change, 1 to remove, 1 unchanged, 1 stalled.

  | | Model | From | To | How |
  | --- | --- | --- | --- | --- |
  | `~` | fraud-detector | 7 | 8 | rollout |
  | `-` | gone | 7 |  | removal |
  | `+` | new |  | 7 | rollout |
  | `~` | scaled | 7 | 7 | live |

  <details><summary>fraud-detector: 12 steps</summary>

  1. fetch https://models.example.com/fraud/8/model.tar.gz
  2. check that its digest is sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  3. start 2 instances of version 8 beside version 7
  4. send 5 % of the requests to version 8
  5. judge by error-budget for 5m and at least 200 requests
  6. send 25 % of the requests to version 8
  7. pause for 10m
  8. send 50 % of the requests to version 8
  9. wait for \`evenkeel promote fraud-detector\`
  10. judge by error-budget for 1500ms
  11. send all requests to version 8; it is stable from here on
  12. stop version 7

  If it fails: all requests return to version 7, then 3f2a9c1d is reverted in Git.

  </details>

  > **Warning** (FailedBefore), fraud-detector: version 8 failed at 2026-03-01T09:30:00.250Z, from commit 11111111: it crashed

  <details><summary>gone: 2 steps</summary>

  1. end the route to version 7
  2. stop 2 instances of version 7

  </details>

  <details><summary>new: 4 steps</summary>

  1. fetch https://models.example.com/fraud/7/model.tar.gz
  2. check that its digest is sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  3. start 2 instances of version 7
  4. send all requests to version 7; it is stable from here on

  If it fails: it is stopped, then 3f2a9c1d is reverted in Git.

  </details>

  <details><summary>scaled: 1 step</summary>

  1. replicas 2 -\> 3: start 1 more instance of version 7

  </details>

  - **broken** is left as it is: its manifests cannot be read; what runs keeps running

  - models/broken.yaml:12:5: **error**: unknown field \`replica\` (did you mean \`replicas\`?)

  """#
