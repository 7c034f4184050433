using System.CommandLine;
using System.Text.Json;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft watch</c>: what happens in the cluster, as a live table, as lines, or as events for programs.</summary>
internal static class WatchCommand
{
    private static readonly Option<string?> Group = new("--group") { Description = "Show this group's messages, too.", HelpName = "GROUP" };

    private static readonly Option<double?> Seconds = new("--seconds")
    {
        Description = "For how long. [default: until Ctrl+C]",
        HelpName = "N",
        Validators =
        {
            result =>
            {
                if (result.GetValueOrDefault<double?>() is not (null or (> 0 and <= 86_400)))
                {
                    result.AddError($"--seconds is {result.Tokens[0].Value}, but must be above 0 and at most 86400.");
                }
            },
        },
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = RemoteCommand.Create("watch", "Shows what happens: leaders, terms, commits and latencies, as it happens.", RunAsync);
        command.Add(Group);
        command.Add(Seconds);
        return command;
    }

    private static async Task<ExitCode> RunAsync(Session session)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(session.Cancellation);
        var seconds = session.Parsed.GetValue(Seconds);
        if (seconds is { } limit)
        {
            end.CancelAfter(TimeSpan.FromSeconds(limit));
        }

        var events = session.Client.FollowAsync(session.Parsed.GetValue(Group), end.Token);
        try
        {
            await (session.Answers.Json ? PrintAsync(events, happened => session.Answers.WriteJson(happened))
                : session.IsOnTerminal ? ShowAsync(events)
                : PrintAsync(events, happened => Tell(session, happened)));
        }
        catch (OperationCanceledException) when (seconds is not null && !session.Cancellation.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }

        return ExitCode.Ok;
    }

    private static async Task PrintAsync(IAsyncEnumerable<JsonElement> events, Action<JsonElement> print)
    {
        await foreach (var happened in events)
        {
            print(happened);
        }
    }

    private static void Tell(Session session, JsonElement happened)
    {
        if (WatchText.Of(happened) is { } line)
        {
            session.Answers.WriteLine(line.ToString());
        }
    }

    private static async Task ShowAsync(IAsyncEnumerable<JsonElement> events)
    {
        var board = new WatchBoard();
        using var screen = new TerminalScreen(Console.Out);
        screen.Draw(board.Compose);
        await foreach (var happened in events)
        {
            if (board.Take(happened))
            {
                screen.Draw(board.Compose);
            }
        }
    }
}
