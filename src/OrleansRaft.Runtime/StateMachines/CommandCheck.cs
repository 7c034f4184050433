namespace OrleansRaft.Runtime.StateMachines;

/// <summary>What a state machine's own code and codec say of a command before it is proposed.</summary>
/// <param name="Problem">Why it must not be proposed, in a sentence; null when it may.</param>
/// <param name="Reason">The reason that goes with the problem.</param>
/// <param name="Scope">Whose its request id is, see <see cref="IRequestScopes"/>; empty when it is nobody's.</param>
/// <param name="Envelope">The command with what its router left out, to be proposed instead; empty when it is proposed as it is.</param>
internal readonly record struct CommandCheck(
    string? Problem, RejectionReason Reason, ReadOnlyMemory<byte> Scope, ReadOnlyMemory<byte> Envelope = default);
