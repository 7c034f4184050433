using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>
/// Hosts a typed state machine: decodes commands, applies each request once, encodes results, and captures state and sessions together.
/// </summary>
/// <typeparam name="TCommand">Commands and queries.</typeparam>
/// <typeparam name="TResult">Answers to both.</typeparam>
internal sealed partial class StateMachineHost<TCommand, TResult> : IStateMachineHost
{
    // A leader looks at the session tables while another thread applies; never held while a user's code runs.
    private readonly Lock sessions = new();
    private readonly IStateMachine<TCommand, TResult> machine;
    private readonly IVersionedStateMachine? versioned;
    private readonly ICommandCodec<TCommand> commands;
    private readonly ICommandCodec<TResult> results;
    private readonly ArrayBufferWriter<byte> scratch = new();
    private readonly MachineUse use;
    private SessionTables tables = new();

    /// <summary>Hosts <paramref name="machine"/>, which is in its initial state.</summary>
    /// <param name="machine">The user's state machine.</param>
    /// <param name="commands">Reads commands and queries.</param>
    /// <param name="results">Writes results.</param>
    public StateMachineHost(IStateMachine<TCommand, TResult> machine, ICommandCodec<TCommand> commands, ICommandCodec<TResult> results)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(commands);
        ArgumentNullException.ThrowIfNull(results);
        this.machine = machine;
        use = new MachineUse(machine);
        versioned = machine as IVersionedStateMachine;
        Versions = VersionsOf(versioned);
        this.commands = commands;
        this.results = results;
    }

    /// <inheritdoc/>
    public EntryId AppliedEntry { get; private set; }

    /// <inheritdoc/>
    public LogTime AppliedTime { get; private set; }

    /// <inheritdoc/>
    public UtcTime AppliedUtc { get; private set; }

    /// <inheritdoc/>
    public int Level { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); } = FeatureLevels.Newest;

    /// <inheritdoc/>
    public SessionLimits Limits => tables.Limits;

    /// <inheritdoc/>
    public int RequestIds => tables.RequestCount;

    /// <inheritdoc/>
    public long RequestBytes => tables.RequestBytes;

    /// <summary>How many registered sessions are open.</summary>
    internal int Sessions => tables.SessionCount;

    /// <inheritdoc/>
    public long? StateBytes => (machine as IMeasuredState)?.StateBytes;

    /// <inheritdoc/>
    public long? StateKeys => (machine as IMeasuredState)?.StateKeys;

    /// <inheritdoc/>
    public bool IsBounded => machine is IBoundedTime;

    /// <inheritdoc/>
    public bool HasViews => machine is IViewStateMachine<TCommand, TResult>;

    /// <inheritdoc/>
    public MachineVersions Versions { get; }

    /// <inheritdoc/>
    public int Version { get; private set; } = MachineVersions.Initial;

    /// <inheritdoc/>
    public ulong Program { get => field != 0 ? field : field = ProgramIdentity.Of(machine.GetType()); init; }

    /// <inheritdoc/>
    Reply? IStateMachineHost.RejectShare(in EnvelopeView command, ReadOnlySpan<byte> scope, LogTime now, int pendingOfScope, int pending)
    {
        lock (sessions)
        {
            return tables.RejectShare(command, scope, now, pendingOfScope, pending);
        }
    }

    /// <inheritdoc/>
    ReadOnlyMemory<byte> IStateMachineHost.ScopeOf(ReadOnlyMemory<byte> requestId) => ScopeOf(requestId);

    /// <inheritdoc/>
    CommandCheck IStateMachineHost.Check(ReadOnlyMemory<byte> envelope)
    {
        if (FindNeedBeyond(envelope) is { } needs)
        {
            return new CommandCheck(NeedsMore("command", needs, Versions), RejectionReason.VersionNotRaised, default);
        }

        if (Reject(envelope) is { } problem)
        {
            return new CommandCheck(problem, RejectionReason.InvalidRequest, default);
        }

        try
        {
            return new CommandCheck(null, default, ScopeOf(EnvelopeView.Read(envelope).RequestId), WithIdentity(envelope));
        }
        catch (Exception exception)
        {
            // Whatever it was, it was the caller's request id, and nothing was changed.
            return new CommandCheck(
                MachineException.Sentence($"{nameof(IRequestScopes)}.{nameof(IRequestScopes.ScopeOf)}, asked for the request id,", exception),
                RejectionReason.MachineFailed,
                default);
        }
    }

    /// <summary>
    /// A command with the identity that its router left out, which has not heard yet that the cluster works at the level of identities: the one that
    /// it repeats may have been known by its own. Empty where there is nothing to add.
    /// </summary>
    private ReadOnlyMemory<byte> WithIdentity(ReadOnlyMemory<byte> envelope)
    {
        if ((Level < FeatureLevels.Identities && !Volatile.Read(ref hasSeenIdentity))
            || EnvelopeView.Read(envelope) is not { Kind: EnvelopeKind.Request, Identity: null } view
            || commands.IdentityOf(commands.Read(view.Body)) is not { } identity)
        {
            return default;
        }

        return CommandEnvelopeCodec.Encode(CommandEnvelopeCodec.Decode(envelope) with { Identity = identity });
    }

    /// <inheritdoc/>
    public string? Reject(ReadOnlyMemory<byte> envelope)
    {
        try
        {
            var view = EnvelopeView.Read(envelope);
            if (view.Kind is EnvelopeKind.Request or EnvelopeKind.Session && commands.Read(view.Body) is null)
            {
                return "The command is null; a state machine should not have to expect that.";
            }

            return view.Kind == EnvelopeKind.Limits ? "Only a leader changes the limits on sessions, by its options." : null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return Undecodable(exception);
        }
    }

    /// <inheritdoc/>
    public Reply Query(in QueryEnvelope query)
    {
        if (query.Needs > Version)
        {
            return Reply.Rejected(
                RejectionReason.VersionNotRaised,
                null,
                0,
                $"The query needs version {query.Needs} of the state machine, which works at version {Version}.");
        }

        TCommand value;
        try
        {
            value = commands.Read(query.Query);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return Reply.Rejected(RejectionReason.InvalidRequest, null, 0, Undecodable(exception));
        }

        use.Enter();
        try
        {
            var result = machine.Query(new Command<TCommand>(value, query.Key, AppliedEntry, AppliedTime) { Stamp = AppliedUtc });
            return Reply.Committed(AppliedEntry, Encode(result));
        }
        catch (Exception exception)
        {
            // Whatever it was, it was the caller's query, and it changed nothing.
            return Reply.Rejected(RejectionReason.MachineFailed, null, 0, MachineException.Sentence("The query", exception));
        }
        finally
        {
            use.Leave();
        }
    }

    /// <summary>
    /// Whose the request id of a command is: the answer of the application's code, asked once, and never under the lock of the sessions.
    /// </summary>
    private ReadOnlyMemory<byte> ScopeOf(ReadOnlyMemory<byte> requestId)
    {
        if (machine is not IRequestScopes scopes || requestId.IsEmpty)
        {
            return default;
        }

        use.Enter();
        try
        {
            var scope = scopes.ScopeOf(requestId.Span);
            return scope.IsEmpty ? default
                : requestId.Span.Overlaps(scope, out var offset) && offset >= 0 && offset + scope.Length <= requestId.Length
                    ? requestId.Slice(offset, scope.Length)
                    : scope.ToArray();
        }
        finally
        {
            use.Leave();
        }
    }

    /// <summary>
    /// Whose the request id of a command in the log or in a snapshot is. Its command stands, whatever becomes of it: an id of which the application's
    /// code cannot tell, although the leader's could, counts for nobody here.
    /// </summary>
    private ReadOnlyMemory<byte> ScopeOrNobody(ReadOnlyMemory<byte> requestId)
    {
        try
        {
            return ScopeOf(requestId);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return default;
        }
    }

    private byte[] Encode(TResult result)
    {
        scratch.ResetWrittenCount();
        results.Write(result, scratch);
        return scratch.WrittenSpan.ToArray();
    }

    private static string Undecodable(Exception exception) => $"The command cannot be decoded: {ThrownText.MessageOf(exception)}";

    /// <summary>
    /// Disposes the state machine, if it can be, when what it is doing at the moment is done: code that never ends is not waited for. May be
    /// repeated.
    /// </summary>
    public ValueTask DisposeAsync() => use.DisposeAsync();
}
