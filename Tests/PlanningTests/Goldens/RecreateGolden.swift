let recreateGolden = PlanGolden(
  text: #"""
    ~ fraud-detector  version 7 -> 8  (revision 4d9d72dcd614 -> c0451c6a6d14)
        1. fetch https://models.example.com/fraud/8/model.tar.gz
        2. check that its digest is sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        3. stop version 7: nobody answers from here until version 8 is ready
        4. start 2 instances of version 8, each with 2 CPU and 6Gi of memory instead of 2 CPU and 4Gi of memory
        5. send all requests to version 8; it is stable from here on
        if it fails: it is stopped and version 7 is started again, then 3f2a9c1d is reverted in Git
        warning: Downtime: nobody answers from the moment that version 7 stops until version 8 is ready, and again if version 7 has to return

    0 to add, 1 to change, 0 to remove.

    """#,
  markdown: #"""
    ### Evenkeel: 0 to add, 1 to change, 0 to remove.

    | | Model | From | To | How |
    | --- | --- | --- | --- | --- |
    | `~` | fraud-detector | 7 | 8 | rollout |

    <details><summary>fraud-detector: 5 steps</summary>

    1. fetch https://models.example.com/fraud/8/model.tar.gz
    2. check that its digest is sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    3. stop version 7: nobody answers from here until version 8 is ready
    4. start 2 instances of version 8, each with 2 CPU and 6Gi of memory instead of 2 CPU and 4Gi of memory
    5. send all requests to version 8; it is stable from here on

    If it fails: it is stopped and version 7 is started again, then 3f2a9c1d is reverted in Git.

    </details>

    > **Warning** (Downtime), fraud-detector: nobody answers from the moment that version 7 stops until version 8 is ready, and again if version 7 has to return

    """#,
  json: #"""
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
              "kind" : "stop",
              "text" : "stop version 7: nobody answers from here until version 8 is ready"
            },
            {
              "instances" : 2,
              "kind" : "start",
              "text" : "start 2 instances of version 8, each with 2 CPU and 6Gi of memory instead of 2 CPU and 4Gi of memory"
            },
            {
              "kind" : "promote",
              "text" : "send all requests to version 8; it is stable from here on"
            }
          ],
          "to" : {
            "revision" : "sha256:c0451c6a6d1459f729573e832ce22e9122755d2790b0cdf6a77e6fbae5206d72",
            "version" : "8"
          },
          "warnings" : [
            {
              "message" : "nobody answers from the moment that version 7 stops until version 8 is ready, and again if version 7 has to return",
              "reason" : "Downtime"
            }
          ]
        }
      ],
      "diagnostics" : [

      ],
      "source" : {
        "branch" : "main",
        "commit" : "3f2a9c1d00000000000000000000000000000000",
        "path" : "environments/prod",
        "url" : "https://git.example.com/models.git"
      },
      "stalled" : [

      ],
      "summary" : {
        "add" : 0,
        "change" : 1,
        "remove" : 0,
        "stalled" : 0,
        "unchanged" : 0
      }
    }
    """#)
