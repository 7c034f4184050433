using System.CommandLine;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.Output;

namespace OrleansRaft.Cli.CommandLine;

/// <summary>One command that talks to a server: its arguments, its client, and where its answer goes.</summary>
internal sealed class Session : IDisposable
{
    private readonly Interruption interruption;

    private Session(ParseResult parsed, Interruption interruption)
    {
        Parsed = parsed;
        this.interruption = interruption;
        Client = new OraftClient(AccessOptions.Read(parsed), TimeSpan.FromSeconds(parsed.GetValue(CommonOptions.Timeout)));
        Answers = AnswerWriter.For(parsed);
    }

    /// <summary>The arguments.</summary>
    public ParseResult Parsed { get; }

    /// <summary>The server.</summary>
    public OraftClient Client { get; }

    /// <summary>Where answers go.</summary>
    public AnswerWriter Answers { get; }

    /// <summary>Whether somebody looks at a terminal.</summary>
    public bool IsOnTerminal => AnswerWriter.IsTerminal(Parsed.InvocationConfiguration.Output);

    /// <summary>Cancelled by Ctrl+C.</summary>
    public CancellationToken Cancellation => interruption.Token;

    /// <summary>Begins a command.</summary>
    public static Session Begin(ParseResult parsed, CancellationToken cancellation) => new(parsed, new Interruption(cancellation));

    /// <inheritdoc/>
    public void Dispose()
    {
        Client.Dispose();
        interruption.Dispose();
    }
}
