let canaryGolden = PlanGolden(
  text: #"""
    ~ fraud-detector  version 7 -> 8  (revision 4d9d72dcd614 -> 216894efb36d)
        1. fetch https://models.example.com/fraud/8/model.tar.gz
        2. check that its digest is sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        3. start 2 instances of version 8 beside version 7
        4. send 5 % of the requests to version 8
        5. judge by error-budget for 5m and at least 200 requests
        6. send 25 % of the requests to version 8
        7. pause for 10m
        8. send 50 % of the requests to version 8
        9. judge by error-budget for 10m and at least 1 request
       10. send all requests to version 8; it is stable from here on
       11. judge by error-budget for 30m more, with version 7 kept warm
       12. stop version 7
        if it fails: all requests return to version 7, then 3f2a9c1d is reverted in Git

    0 to add, 1 to change, 0 to remove.

    """#,
  markdown: #"""
    ### Evenkeel: 0 to add, 1 to change, 0 to remove.

    | | Model | From | To | How |
    | --- | --- | --- | --- | --- |
    | `~` | fraud-detector | 7 | 8 | rollout |

    <details><summary>fraud-detector: 12 steps</summary>

    1. fetch https://models.example.com/fraud/8/model.tar.gz
    2. check that its digest is sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    3. start 2 instances of version 8 beside version 7
    4. send 5 % of the requests to version 8
    5. judge by error-budget for 5m and at least 200 requests
    6. send 25 % of the requests to version 8
    7. pause for 10m
    8. send 50 % of the requests to version 8
    9. judge by error-budget for 10m and at least 1 request
    10. send all requests to version 8; it is stable from here on
    11. judge by error-budget for 30m more, with version 7 kept warm
    12. stop version 7

    If it fails: all requests return to version 7, then 3f2a9c1d is reverted in Git.

    </details>

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
              "kind" : "analyze",
              "seconds" : 600,
              "text" : "judge by error-budget for 10m and at least 1 request"
            },
            {
              "kind" : "promote",
              "text" : "send all requests to version 8; it is stable from here on"
            },
            {
              "kind" : "watch",
              "seconds" : 1800,
              "text" : "judge by error-budget for 30m more, with version 7 kept warm"
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
