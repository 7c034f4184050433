using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;
using Spectre.Console;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft counter</c>: reads and changes replicated counters.</summary>
internal static class CounterCommands
{
    private static readonly TimeSpan WatchPause = TimeSpan.FromMilliseconds(250);

    private static readonly Argument<string> Tenant = Name("tenant", "Whose counter.");
    private static readonly Argument<string> Counter = Name("counter", "Which counter.");

    private static readonly Argument<long> By = new("by")
    {
        Description = "How much to add; may be negative.",
        DefaultValueFactory = _ => 1,
        CustomParser = WholeNumber,
    };

    private static readonly Argument<long> Value = new("value") { Description = "The new value.", CustomParser = WholeNumber };

    private static readonly Option<string> Consistency = new Option<string>("--consistency")
    {
        Description = "What the read may see.",
        DefaultValueFactory = _ => "linearizable",
    }.AcceptOnlyFromAmong("linearizable", "lease", "stale");

    private static readonly Option<string> IfMatch = new("--if-match")
    {
        Description = "Change it only while this is its tag (the index of its last change, as `counter get` prints).",
        HelpName = "TAG",
    };

    private static readonly Option<string> After = new("--after")
    {
        Description = "Begin after this name.",
        HelpName = "NAME",
    };

    private static readonly Option<int?> Limit = new("--limit")
    {
        Description = "Print at most so many. [default: all]",
        HelpName = "N",
        Validators = { AtLeastOne },
    };

    private static readonly Option<int?> Changes = new("--changes")
    {
        Description = "End after so many values. [default: never]",
        HelpName = "N",
        Validators =
        {
            result =>
            {
                if (result.GetValueOrDefault<int?>() is < 1)
                {
                    result.AddError($"--changes is {result.Tokens[0].Value}, but must be at least 1.");
                }
            },
        },
    };

    private static readonly Option<string> Key = new("--idempotency-key")
    {
        Description = "The idempotency key, 1 to 255 visible ASCII characters: the same key is applied once. [default: a random one]",
        HelpName = "KEY",
        Validators = { VisibleAscii },
    };

    /// <summary>Makes the command.</summary>
    public static Command Create() => new("counter", "Reads and changes replicated counters.")
    {
        RemoteCommand.Create("get", "Prints a counter's value.", GetAsync, Tenant, Counter, Consistency),
        RemoteCommand.Create("add", "Adds to a counter, creating it if need be.", AddAsync, Tenant, Counter, By, Key),
        RemoteCommand.Create("set", "Sets a counter to a value.", SetAsync, Tenant, Counter, Value, IfMatch, Key),
        RemoteCommand.Create("delete", "Deletes a counter.", DeleteAsync, Tenant, Counter, Key),
        RemoteCommand.Create("watch", "Prints a counter's value whenever it changes, until Ctrl+C.", WatchAsync, Tenant, Counter, Changes),
        RemoteCommand.Create("list", "Prints a tenant's counters.", ListAsync, Tenant, After, Limit),
    };

    private static async Task<ExitCode> GetAsync(Session session)
    {
        var answer = await session.Client.GetCounterAsync(
            NameOf(session), session.Parsed.GetValue(Consistency)!, session.Cancellation);
        session.Answers.Write(answer, Sentence);
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> AddAsync(Session session)
    {
        var answer = await session.Client.AddAsync(NameOf(session), session.Parsed.GetValue(By), KeyOf(session), session.Cancellation);
        session.Answers.Write(answer, Sentence);
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> SetAsync(Session session)
    {
        var answer = await session.Client.SetAsync(
            NameOf(session), session.Parsed.GetValue(Value), session.Parsed.GetValue(IfMatch), KeyOf(session), session.Cancellation);
        session.Answers.Write(answer, Sentence);
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> DeleteAsync(Session session)
    {
        var name = NameOf(session);
        await session.Client.DeleteAsync(name, KeyOf(session), session.Cancellation);
        if (session.Answers.Json)
        {
            session.Answers.WriteJson(new { tenant = name.Tenant, counter = name.Counter, deleted = true });
        }
        else
        {
            session.Answers.WriteLine($"{name} deleted");
        }

        return ExitCode.Ok;
    }

    private static async Task<ExitCode> WatchAsync(Session session)
    {
        string? shown = null;
        for (var left = session.Parsed.GetValue(Changes); left is null or > 0; await Task.Delay(WatchPause, session.Cancellation))
        {
            // A linearizable read each time: what is printed was the counter's value, and values follow each other.
            var answer = await session.Client.GetCounterAsync(NameOf(session), "linearizable", session.Cancellation);
            if (answer.ETag != shown)
            {
                shown = answer.ETag;
                session.Answers.Write(answer, Sentence);
                left--;
            }
        }

        return ExitCode.Ok;
    }

    private static async Task<ExitCode> ListAsync(Session session)
    {
        var table = AnswerWriter.NewTable("COUNTER", "#VALUE", "GROUP", "#TAG");
        var counters = session.Client.ListCountersAsync(
            session.Parsed.GetValue(Tenant)!, session.Parsed.GetValue(After), session.Parsed.GetValue(Limit), session.Cancellation);
        await session.Answers.WriteListAsync(
            table, counters, static counter => [counter.Counter, $"{counter.Value}", Markup.Escape(counter.Group ?? ""), $"{counter.Index}"]);
        return ExitCode.Ok;
    }

    private static string Sentence(CounterAnswer counter) =>
        $"{counter.Tenant}/{counter.Counter} = {counter.Value}   (group {counter.Group}, term {counter.Term}, tag {counter.Index})";

    private static CounterName NameOf(Session session) => new(session.Parsed.GetValue(Tenant)!, session.Parsed.GetValue(Counter)!);

    private static string KeyOf(Session session) => session.Parsed.GetValue(Key) ?? Guid.NewGuid().ToString("N");

    private static Argument<string> Name(string name, string description)
    {
        var argument = new Argument<string>(name) { Description = description };
        argument.Validators.Add(result =>
        {
            if (!CounterName.IsValid(result.Tokens[0].Value))
            {
                result.AddError(
                    $"'{result.Tokens[0].Value}' is not a {name}'s name: use 1 to 128 letters, digits, '.', '_' or '-', and neither '.' nor '..'.");
            }
        });
        return argument;
    }

    private static long WholeNumber(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        result.AddError($"'{text}' is not a whole number between {long.MinValue} and {long.MaxValue}.");
        return default;
    }

    private static void AtLeastOne(OptionResult result)
    {
        if (result.GetValueOrDefault<int?>() is < 1)
        {
            result.AddError($"--limit is {result.Tokens[0].Value}, but must be at least 1.");
        }
    }

    private static void VisibleAscii(OptionResult result)
    {
        var key = result.Tokens[0].Value;
        if (key.Length is 0 or > 255 || key.Any(c => c is < '!' or > '~'))
        {
            result.AddError("--idempotency-key must be 1 to 255 visible ASCII characters, without spaces.");
        }
    }
}
