using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.Sessions;
using OrleansRaft.Runtime.State;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>
/// Hosts a typed state machine: decodes commands, applies each request once, encodes results, and captures state and sessions together.
/// </summary>
/// <typeparam name="TCommand">Commands and queries.</typeparam>
/// <typeparam name="TResult">Answers to both.</typeparam>
public sealed class StateMachineHost<TCommand, TResult> : IStateMachineHost
{
    // The version byte, the applied entry (term, index) and its time (varints), the machine's version (varint), the session tables (see
    // SessionTablesView), the machine's own bytes. In the former versions the tables came before the machine's version, in another form: the second
    // and the third named the commands that were skipped and are remembered, and only the third the machine's version, which was the first otherwise.
    private const byte FormatVersion = 4;
    private const byte FormerVersion = 1;
    private const byte FormerVersionWithSkipped = 2;
    private const byte FormerVersionWithVersion = 3;

    // The machine's own code is never run while, or after, it is disposed; nobody waits for this lock as long as it lives.
    private readonly Lock use = new();

    // A leader looks at the session tables while another thread applies; never held while a user's code runs.
    private readonly Lock sessions = new();
    private readonly IStateMachine<TCommand, TResult> machine;
    private readonly IVersionedStateMachine? versioned;
    private readonly ICommandCodec<TCommand> commands;
    private readonly ICommandCodec<TResult> results;
    private readonly CommandBatch<TCommand, TResult> batch = new();
    private readonly ArrayBufferWriter<byte> scratch = new();
    private readonly List<(int Place, RequestRecord Record)> recorded = [];

    private const int RestBytesAtOnce = 64 * 1024;

    private SessionTables tables = new();
    private int capturedBytes;
    private bool isDisposed;
    private bool isLeft;

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
    public SessionLimits Limits => tables.Limits;

    /// <inheritdoc/>
    public int RequestIds => tables.RequestCount;

    /// <inheritdoc/>
    public long RequestBytes => tables.RequestBytes;

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
            return new CommandCheck(null, default, ScopeOf(EnvelopeView.Read(envelope).RequestId));
        }
        catch (Exception exception)
        {
            // Whatever it was, it was the caller's request id, and nothing was changed.
            var failure = new MachineException($"{nameof(IRequestScopes)}.{nameof(IRequestScopes.ScopeOf)}, asked for the request id,", exception);
            return new CommandCheck(failure.Message, RejectionReason.MachineFailed, default);
        }
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
    public void Apply(IReadOnlyList<Entry> entries, Span<Reply> replies)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentOutOfRangeException.ThrowIfNotEqual(replies.Length, entries.Count);
        try
        {
            for (var place = 0; place < entries.Count; place++)
            {
                if (entries[place].Kind == EntryKind.Raise)
                {
                    ApplyBatch();
                    Upgrade(RaiseCodec.Decode(entries[place].Body));
                }

                replies[place] = Admit(entries[place], place);
            }

            ApplyBatch();
            foreach (var (place, record) in recorded)
            {
                replies[place] = record.ToReply();
            }
        }
        finally
        {
            recorded.Clear();
            batch.Clear();
        }
    }

    /// <inheritdoc/>
    public Reply Skip(in Entry entry)
    {
        Invariant.Holds(entry.Index == AppliedEntry.Index.Next, "entries are applied in order, each once");
        AppliedEntry = entry.Id;
        AppliedTime = entry.Time;
        EnvelopeView command = default;
        ReadOnlyMemory<byte> scope = default;
        try
        {
            command = EnvelopeView.Read(entry.Body);
            scope = ScopeOrNobody(command.RequestId);
        }
        catch (CorruptDataException)
        {
            // Nobody could repeat it.
        }

        lock (sessions)
        {
            tables.Advance(entry.Time);
            return tables.Skip(command, scope.Span, entry);
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

        Enter();
        try
        {
            var result = machine.Query(new Command<TCommand>(value, query.Key, AppliedEntry, AppliedTime));
            return Reply.Committed(AppliedEntry, Encode(result));
        }
        catch (Exception exception)
        {
            // Whatever it was, it was the caller's query, and it changed nothing.
            return Reply.Rejected(RejectionReason.MachineFailed, null, 0, new MachineException("The query", exception).Message);
        }
        finally
        {
            Leave();
        }
    }

    /// <inheritdoc/>
    public IStateView TakeView(long captureBytesMax)
    {
        if (machine is not IViewStateMachine<TCommand, TResult> views)
        {
            return new CapturedState(Capture(captureBytesMax));
        }

        Enter();
        try
        {
            var state = views.TakeView() ?? throw new InvalidOperationException("there is no view");
            return new HostView(this, state);
        }
        catch (Exception exception) when (exception is not InvariantViolationException)
        {
            throw new MachineException(nameof(views.TakeView), exception);
        }
        finally
        {
            Leave();
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Capture() => Capture(Array.MaxLength);

    private ReadOnlyMemory<byte> Capture(long bytesMax)
    {
        Enter();
        try
        {
            var output = new ArrayBufferWriter<byte>(Math.Max(256, capturedBytes + (capturedBytes / 8)));
            using (var view = ViewSessions())
            {
                WriteHead(output, AppliedEntry, AppliedTime, Version, view);
            }

            machine.Capture(new LimitedWriter(output, bytesMax));
            capturedBytes = output.WrittenCount;
            return output.WrittenMemory;
        }
        catch (Exception exception) when (exception is not InvariantViolationException)
        {
            throw new MachineException(nameof(machine.Capture), exception);
        }
        finally
        {
            Leave();
        }
    }

    /// <inheritdoc/>
    public PendingDigest BeginDigest()
    {
        if (machine is not IMeasuredState measured)
        {
            return new PendingDigest(TakeView(Array.MaxLength));
        }

        Enter();
        try
        {
            var output = new ArrayBufferWriter<byte>(96);
            WriteEntry(output, AppliedEntry, AppliedTime, Version);
            lock (sessions)
            {
                WriteDigest(output, tables.Digest());
            }

            WriteDigest(output, measured.StateDigest);
            return new PendingDigest(SHA256.HashData(output.WrittenSpan));
        }
        catch (Exception exception) when (exception is not InvariantViolationException)
        {
            throw new MachineException(nameof(measured.StateDigest), exception);
        }
        finally
        {
            Leave();
        }
    }

    private SessionTablesView ViewSessions()
    {
        lock (sessions)
        {
            return tables.View();
        }
    }

    private static void WriteHead(IBufferWriter<byte> output, EntryId entry, LogTime time, int version, SessionTablesView sessions)
    {
        new WireWriter(output).WriteByte(FormatVersion);
        WriteEntry(output, entry, time, version);
        sessions.Write(output);
    }

    private static void WriteEntry(IBufferWriter<byte> output, EntryId entry, LogTime time, int version)
    {
        var writer = new WireWriter(output);
        writer.WriteVarint(entry.Term.Value);
        writer.WriteVarint(entry.Index.Value);
        writer.WriteVarint(time.Value);
        writer.WriteVarint(version);
    }

    private static void WriteDigest(ArrayBufferWriter<byte> output, UInt128 digest)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(output.GetSpan(16), digest);
        output.Advance(16);
    }

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> state)
    {
        using var stream = SnapshotStream.Of(state);
        Restore(stream);
    }

    /// <inheritdoc/>
    public void Restore(Stream state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var (entry, time, restored, version) = ReadHead(state);
        Replace(entry, time, restored, version, () => RestoreMachine(state));
    }

    private void RestoreMachine(Stream state)
    {
        if (machine is IViewStateMachine<TCommand, TResult> views)
        {
            views.Restore(state);
        }
        else
        {
            machine.Restore(ReadToEnd(state));
        }
    }

    private void Replace(EntryId entry, LogTime time, SessionTables restored, int version, Action restore)
    {
        RequireSupport(version, entry);
        Enter();
        try
        {
            versioned?.Version = version;
            restore();
        }
        catch (Exception exception) when (exception is not CorruptDataException)
        {
            throw new MachineException("Restore", exception);
        }
        finally
        {
            Leave();
        }

        lock (sessions)
        {
            (AppliedEntry, AppliedTime, Version, tables) = (entry, time, version, restored);
        }
    }

    /// <summary>
    /// Disposes the state machine, if it can be, when what it is doing at the moment is done: code that never ends is not waited for. May be
    /// repeated.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        Volatile.Write(ref isDisposed, true);
        return IsMineToDispose() ? DisposeMachineAsync() : default;
    }

    /// <summary>Whether nobody uses the disposed machine, and nobody has disposed it: whoever uses it asks again on leaving.</summary>
    private bool IsMineToDispose()
    {
        if (!use.TryEnter())
        {
            return false;
        }

        use.Exit();
        return !Interlocked.Exchange(ref isLeft, true);
    }

    private async ValueTask DisposeMachineAsync()
    {
        if (machine is IAsyncDisposable later)
        {
            await later.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            (machine as IDisposable)?.Dispose();
        }
    }

    /// <summary>Reads what comes before the state machine's own bytes; when there is nothing to read, it is the initial state.</summary>
    private (EntryId Entry, LogTime Time, SessionTables Tables, int Version) ReadHead(Stream state)
    {
        var format = state.ReadByte();
        if (format < 0)
        {
            return (EntryId.Zero, LogTime.Zero, new SessionTables(), MachineVersions.Initial);
        }

        if (format is < FormerVersion or > FormatVersion)
        {
            throw new CorruptDataException(
                $"the snapshot's state has version {format}; this program reads versions {FormerVersion} to {FormatVersion}. "
                    + "Start a program that is at least as new as the one that wrote it.");
        }

        var reader = new WireStream(state);
        var entry = new EntryId(new Term(reader.ReadVarint()), new LogIndex(reader.ReadVarint()));
        var time = new LogTime(reader.ReadVarint());
        if (format == FormatVersion)
        {
            var version = ReadVersion(reader);
            return (entry, time, SessionTables.Restore(state, ScopeOrNobody), version);
        }

        var former = SessionTables.RestoreFormer(state, ScopeOrNobody, namesSkipped: format is FormerVersionWithSkipped or FormerVersionWithVersion);
        return (entry, time, former, format == FormerVersionWithVersion ? ReadVersion(reader) : MachineVersions.Initial);
    }

    private static int ReadVersion(WireStream reader)
    {
        var version = reader.ReadInt32(MachineVersions.Max, "a machine's version");
        return version >= MachineVersions.Initial ? version : throw new CorruptDataException("a machine's version is at least 1");
    }

    /// <summary>Reads the rest into memory, for a machine without views.</summary>
    private static ReadOnlyMemory<byte> ReadToEnd(Stream state)
    {
        var output = new ArrayBufferWriter<byte>();
        while (true)
        {
            var length = state.Read(output.GetSpan(RestBytesAtOnce));
            if (length == 0)
            {
                return output.WrittenMemory;
            }

            output.Advance(length);
        }
    }

    /// <summary>Answers what can be answered without the state machine; what it must apply joins the batch, and is answered after it.</summary>
    private Reply Admit(in Entry entry, int place)
    {
        Invariant.Holds(entry.Index == AppliedEntry.Index.Next, "entries are applied in order, each once");
        AppliedEntry = entry.Id;
        AppliedTime = entry.Time;
        if (entry.Kind == EntryKind.Command)
        {
            return Decide(entry, place);
        }

        lock (sessions)
        {
            tables.Advance(entry.Time);
        }

        return Reply.Committed(entry.Id, default);
    }

    private Reply Decide(in Entry entry, int place)
    {
        var (view, command) = ReadCommand(entry);
        var scope = ScopeOrNobody(view.RequestId);
        bool mustSettle;
        lock (sessions)
        {
            tables.Advance(entry.Time);
            mustSettle = view.Kind == EnvelopeKind.Request && tables.MustSettle;
        }

        if (mustSettle)
        {
            ApplyBatch();
        }

        lock (sessions)
        {
            switch (view.Kind)
            {
                case EnvelopeKind.Request or EnvelopeKind.Session when view.Needs > Version:
                    // Its leader should have refused it. Both versions are replicated, so every replica refuses it alike.
                    return Reply.Rejected(
                        RejectionReason.VersionNotRaised, null, 0, NeedsMore("command", view.Needs, new MachineVersions(Version, Version)));
                case EnvelopeKind.OpenSession:
                    return tables.Open(view, entry.Id, entry.Time);
                case EnvelopeKind.Limits:
                    tables.Change(view.Limits);
                    return Reply.Committed(entry.Id, default);
                default:
                    return DecideCommand(entry, view, scope.Span, command!, place);
            }
        }
    }

    /// <summary>
    /// Reads a committed command. What the bytes mean depends on the program that reads them: where this one cannot, another may have applied them.
    /// </summary>
    private (EnvelopeView View, TCommand? Command) ReadCommand(in Entry entry)
    {
        try
        {
            var view = EnvelopeView.Read(entry.Body);
            if (view.Kind is not (EnvelopeKind.Request or EnvelopeKind.Session) || view.Needs > Version)
            {
                return (view, default);
            }

            return Versions.Supports(Version)
                ? (view, commands.Read(view.Body))
                : throw new NotSupportedException($"it is of version {Version} of the state machine, and this program supports {Versions}");
        }
        catch (Exception exception)
        {
            throw new UnreadableEntryException(entry.Index, exception);
        }
    }

    private Reply DecideCommand(in Entry entry, in EnvelopeView view, ReadOnlySpan<byte> scope, TCommand command, int place)
    {
        var admission = tables.Admit(view, entry.Time);
        switch (admission.Kind)
        {
            case AdmissionKind.Answered:
                return admission.Answer;
            case AdmissionKind.Repetition:
                recorded.Add((place, admission.Record!));
                return default;
        }

        var record = tables.Remember(view, scope, entry.Id, entry.Time);
        var key = Encoding.UTF8.GetString(view.Key.Span);
        batch.Add(new Command<TCommand>(command, key, entry.Id, entry.Time) { StateBytesMax = tables.Limits.StateBytesMax }, record);
        recorded.Add((place, record));
        return default;
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

        Enter();
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
            Leave();
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

    private void ApplyBatch()
    {
        if (batch.Count == 0)
        {
            return;
        }

        Enter();
        try
        {
            machine.Apply(batch.Commands, batch.Results);
            for (var i = 0; i < batch.Count; i++)
            {
                batch.Records[i].Result = RequireRememberable(Encode(batch.Results[i]));
            }
        }
        catch (Exception exception)
        {
            throw new MachineException("Apply", exception);
        }
        finally
        {
            Leave();
        }

        batch.Clear();
        lock (sessions)
        {
            tables.Settle();
        }
    }

    private static byte[] RequireRememberable(byte[] result) => result.Length <= RequestRecord.ResultBytesMax
        ? result
        : throw new InvalidOperationException(
            $"a command's result has {result.Length} bytes, and at most {RequestRecord.ResultBytesMax} can be remembered; answer with less");

    /// <summary>Before the state machine's own code is run.</summary>
    /// <exception cref="ObjectDisposedException">It must not be run any more.</exception>
    private void Enter()
    {
        use.Enter();
        if (isDisposed)
        {
            use.Exit();
            throw new ObjectDisposedException(machine.ToString());
        }
    }

    /// <summary>After the state machine's own code was run: disposes it if that was asked for meanwhile.</summary>
    private void Leave()
    {
        use.Exit();
        if (Volatile.Read(ref isDisposed) && IsMineToDispose())
        {
            DisposeMachineAsync().AsTask().ContinueWith(
                static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private byte[] Encode(TResult result)
    {
        scratch.ResetWrittenCount();
        results.Write(result, scratch);
        return scratch.WrittenSpan.ToArray();
    }

    /// <summary>Works at a later version from here on.</summary>
    private void Upgrade(int to)
    {
        var from = Version;
        if (to > Versions.Newest)
        {
            throw Unsupported(to, AppliedEntry);
        }

        Invariant.Holds(to > from, "the machine's version is only ever raised");
        Enter();
        try
        {
            versioned!.Version = to;
            versioned.Upgrade(from, to);
        }
        catch (Exception exception)
        {
            throw new MachineException($"{nameof(IVersionedStateMachine.Upgrade)} from version {from} to {to}", exception);
        }
        finally
        {
            Leave();
        }

        Version = to;
    }

    /// <exception cref="MachineException">This program does not support a version: its replica should not have asked.</exception>
    private void RequireSupport(int version, EntryId entry)
    {
        // Whatever the program, a group begins with its state at the first version, and goes on from there.
        if (!Versions.Supports(version) && entry != EntryId.Zero)
        {
            throw Unsupported(version, entry);
        }
    }

    private MachineException Unsupported(int version, EntryId after) =>
        new($"The state machine works at version {version} after entry {after}, and this program supports {Versions}.");

    /// <summary>The version that a command needs, where no program like this one understands it; null otherwise.</summary>
    private int? FindNeedBeyond(ReadOnlyMemory<byte> envelope)
    {
        try
        {
            var needs = EnvelopeView.Read(envelope).Needs;
            return needs > Versions.Newest ? needs : null;
        }
        catch (CorruptDataException)
        {
            // Whoever reads the rest says so.
            return null;
        }
    }

    private static string NeedsMore(string what, int needs, MachineVersions supported) =>
        $"The {what} needs version {needs} of the state machine, and the replica that should take it works at {supported}.";

    private static MachineVersions VersionsOf(IVersionedStateMachine? machine)
    {
        if (machine is null)
        {
            return MachineVersions.First;
        }

        var versions = new MachineVersions(machine.OldestVersion, machine.NewestVersion);
        return versions.Oldest >= MachineVersions.Initial && versions.Newest >= versions.Oldest && versions.Newest <= MachineVersions.Max
            ? versions
            : throw new ArgumentException(
                $"{machine.GetType().Name} says that it supports the versions {versions.Oldest} to {versions.Newest}; they begin at "
                    + $"{MachineVersions.Initial}, and the newest is not older than the oldest, nor beyond {MachineVersions.Max}.",
                nameof(machine));
    }

    private static string Undecodable(Exception exception) => $"The command cannot be decoded: {exception.Message}";

    /// <summary>A machine's view, with what the host knows.</summary>
    private sealed class HostView(StateMachineHost<TCommand, TResult> host, IStateView state) : IStateView
    {
        private readonly EntryId entry = host.AppliedEntry;
        private readonly LogTime time = host.AppliedTime;
        private readonly int version = host.Version;
        private readonly SessionTablesView sessions = host.ViewSessions();

        public void Write(IBufferWriter<byte> output)
        {
            WriteHead(output, entry, time, version, sessions);
            state.Write(output);
        }

        public void Dispose()
        {
            sessions.Dispose();
            state.Dispose();
        }
    }

    /// <summary>
    /// Refuses what a machine without views should not capture: all of it would be in memory at once, and its group would wait for it.
    /// </summary>
    private sealed class LimitedWriter(ArrayBufferWriter<byte> output, long bytesMax) : IBufferWriter<byte>
    {
        public void Advance(int count)
        {
            Require(count);
            output.Advance(count);
        }

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            Require(sizeHint);
            return output.GetMemory(sizeHint);
        }

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            Require(sizeHint);
            return output.GetSpan(sizeHint);
        }

        private void Require(int more)
        {
            if (output.WrittenCount + (long)more > bytesMax)
            {
                throw new InvalidOperationException(
                    $"the state has more than the {bytesMax} bytes ({RaftOptions.SectionName}:{nameof(RaftOptions.CaptureBytesMax)}) "
                    + $"that are captured in one piece; implement {nameof(IViewStateMachine<,>)}, whose snapshots are written as a stream, "
                    + "or raise the option");
            }
        }
    }
}
