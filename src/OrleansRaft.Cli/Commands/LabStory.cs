using System.Globalization;
using OrleansRaft.Lab.Scenarios;

namespace OrleansRaft.Cli.Commands;

/// <summary>One line of a play.</summary>
/// <param name="At">When, in milliseconds of virtual time.</param>
/// <param name="Step">The step that it belongs to; -1 for what follows from those before.</param>
/// <param name="Kind">What it is: <c>caption</c>, <c>action</c>, <c>node</c>, <c>client</c> or <c>check</c>.</param>
/// <param name="Node">The node it is about; empty for none.</param>
/// <param name="Text">What it says.</param>
internal sealed record LabLine(double At, int Step, string Kind, string Node, string Text)
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{At,9:0.0} ms  {Mark} {(Node.Length == 0 ? "" : Node + " ")}{Text}");

    private string Mark => Kind switch
    {
        "caption" => "#",
        "action" => ">",
        "client" => "?",
        "check" => "=",
        _ => " ",
    };
}

/// <summary>A recording as lines of text: what is told, done, answered and checked, and how roles, terms and values change.</summary>
internal sealed class LabStory
{
    private readonly string language;

    /// <summary>Puts the lines in order.</summary>
    public LabStory(Recording recording, string language)
    {
        Recording = recording;
        this.language = language;
        Lines = [.. Told().OrderBy(line => line.At).ThenBy(line => line.Step)];
    }

    /// <summary>The recording.</summary>
    public Recording Recording { get; }

    /// <summary>Its lines, in order.</summary>
    public IReadOnlyList<LabLine> Lines { get; }

    /// <summary>How it ended.</summary>
    public string Ending => Recording.IsAsExpected
        ? Say($"{Name} ended as expected: {Checks} checks hold.", $"{Name} 的结果符合预期：{Checks} 项检查全部成立。")
        : Say($"{Name} did not end as expected: {Failed} of {Checks} checks do not hold.", $"{Name} 的结果与预期不同：{Checks} 项检查中有 {Failed} 项不成立。");

    private string Name => Recording.Scenario.Name;

    private int Checks => Recording.Checks.Count;

    private int Failed => Recording.Checks.Count(static check => !check.Holds);

    /// <summary>A sentence in a language.</summary>
    public static string In(string language, LocalizedText text) => language == "zh" ? text.Zh : text.En;

    private IEnumerable<LabLine> Told() =>
    [
        .. Recording.Captions.Select(caption => new LabLine(caption.At, caption.Step, "caption", "", In(language, caption.Text))),
        .. Recording.Actions.Select(action => new LabLine(action.At, action.Step ?? -1, "action", "", In(language, action.Text))),
        .. Recording.Scenario.Nodes.SelectMany(ChangesOf),
        .. Recording.Clients.Where(request => request.Answered is not null).Select(
            request => new LabLine(request.Answered!.Value, -1, "client", "", AnswerOf(request))),
        .. Recording.Checks.Select(
            check =>
                new LabLine(
                    check.At,
                    check.Step,
                    "check",
                    "",
                    $"{(check.Holds ? Say("holds", "成立") : Say("DOES NOT HOLD", "不成立"))}: {In(language, check.Text)}")),
    ];

    private string Say(string en, string zh) => language == "zh" ? zh : en;

    private string AnswerOf(ClientRequest request) =>
        $"{Say("client", "客户端")} {request.Client} {Say("on", "的")} {request.Command} {Say("via", "经")} {request.Via}: {request.Outcome}"
            + (request.Value is { } value ? Say($", value {value}", $"，值为 {value}") : "")
            + (request.Text.Length == 0 ? "" : $" ({request.Text})");

    private IEnumerable<LabLine> ChangesOf(string node)
    {
        NodeState? before = null;
        foreach (var state in Recording.States.Where(state => state.Node == node))
        {
            if (before is null || before.Role != state.Role || before.Term != state.Term)
            {
                yield return new LabLine(
                    state.At,
                    -1,
                    "node",
                    node,
                    state.Role == "stopped"
                        ? Say("is stopped", "已停止")
                        : Say($"is {state.Role} in term {state.Term}", $"是 {state.Role}，任期 {state.Term}"));
            }

            if (before is not null && state.IsUp && (before.Value != state.Value || before.Commit != state.Commit))
            {
                yield return new LabLine(
                    state.At, -1, "node", node, Say($"committed up to {state.Commit}, value {state.Value}", $"已提交到 {state.Commit}，值为 {state.Value}"));
            }

            before = state;
        }
    }
}
