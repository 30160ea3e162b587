let blueGreenGolden = PlanGolden(
  text: #"""
    ~ fraud-detector  version 7 -> 8  (revision 4d9d72dcd614 -> 216894efb36d)
        1. fetch https://models.example.com/fraud/8/model.tar.gz
        2. check that its digest is sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        3. start 2 instances of version 8 beside version 7
        4. send only requests with the header x-evenkeel-preview to version 8
        5. judge by error-budget for 5m and at least 20 requests
        6. wait for `evenkeel promote fraud-detector`
        7. send all requests to version 8
        8. judge by error-budget for 2m and at least 200 requests
        9. version 8 is stable from here on
       10. judge by error-budget for 30m more, with version 7 kept warm
       11. stop version 7
        if it fails: all requests return to version 7, then 3f2a9c1d is reverted in Git

    0 to add, 1 to change, 0 to remove.

    """#,
  markdown: #"""
    ### Evenkeel: 0 to add, 1 to change, 0 to remove.

    | | Model | From | To | How |
    | --- | --- | --- | --- | --- |
    | `~` | fraud-detector | 7 | 8 | rollout |

    <details><summary>fraud-detector: 11 steps</summary>

    1. fetch https://models.example.com/fraud/8/model.tar.gz
    2. check that its digest is sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    3. start 2 instances of version 8 beside version 7
    4. send only requests with the header x-evenkeel-preview to version 8
    5. judge by error-budget for 5m and at least 20 requests
    6. wait for \`evenkeel promote fraud-detector\`
    7. send all requests to version 8
    8. judge by error-budget for 2m and at least 200 requests
    9. version 8 is stable from here on
    10. judge by error-budget for 30m more, with version 7 kept warm
    11. stop version 7

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
              "kind" : "preview",
              "text" : "send only requests with the header x-evenkeel-preview to version 8"
            },
            {
              "kind" : "analyze",
              "seconds" : 300,
              "text" : "judge by error-budget for 5m and at least 20 requests"
            },
            {
              "kind" : "pause",
              "text" : "wait for `evenkeel promote fraud-detector`"
            },
            {
              "kind" : "weight",
              "percent" : 100,
              "text" : "send all requests to version 8"
            },
            {
              "kind" : "analyze",
              "seconds" : 120,
              "text" : "judge by error-budget for 2m and at least 200 requests"
            },
            {
              "kind" : "promote",
              "text" : "version 8 is stable from here on"
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
