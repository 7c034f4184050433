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
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At,9:0.0} ms  {Mark} {(Node.Length == 0 ? "" : Node + " ")}{Text}");

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
        ? $"{Recording.Scenario.Name} ended as expected: {Recording.Checks.Count} checks hold."
        : $"{Recording.Scenario.Name} did not end as expected: {Recording.Checks.Count(check => !check.Holds)} of {Recording.Checks.Count} checks do not hold.";

    /// <summary>A sentence in a language.</summary>
    public static string In(string language, Words words) => language == "zh" ? words.Zh : words.En;

    private IEnumerable<LabLine> Told() =>
    [
        .. Recording.Captions.Select(caption => new LabLine(caption.At, caption.Step, "caption", "", In(language, caption.Text))),
        .. Recording.Actions.Select(action => new LabLine(action.At, action.Step ?? -1, "action", "", In(language, action.Text))),
        .. Recording.Scenario.Nodes.SelectMany(ChangesOf),
        .. Recording.Clients.Where(request => request.Answered is not null).Select(request => new LabLine(request.Answered!.Value, -1, "client", "", AnswerOf(request))),
        .. Recording.Checks.Select(check => new LabLine(check.At, check.Step, "check", "", $"{(check.Holds ? "holds" : "DOES NOT HOLD")}: {In(language, check.Text)}")),
    ];

    private static string AnswerOf(ClientRequest request) =>
        $"client {request.Client} on {request.Command} via {request.Via}: {request.Outcome}{(request.Value is { } value ? $", value {value}" : "")}{(request.Text.Length == 0 ? "" : $" ({request.Text})")}";

    private IEnumerable<LabLine> ChangesOf(string node)
    {
        NodeState? before = null;
        foreach (var state in Recording.States.Where(state => state.Node == node))
        {
            if (before is null || before.Role != state.Role || before.Term != state.Term)
            {
                yield return new LabLine(state.At, -1, "node", node, state.Role == "stopped" ? "is stopped" : $"is {state.Role} in term {state.Term}");
            }

            if (before is not null && state.IsUp && (before.Value != state.Value || before.Commit != state.Commit))
            {
                yield return new LabLine(state.At, -1, "node", node, $"committed up to {state.Commit}, value {state.Value}");
            }

            before = state;
        }
    }
}
