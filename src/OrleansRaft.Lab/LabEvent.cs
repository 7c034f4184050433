using OrleansRaft.Core;

namespace OrleansRaft.Lab;

/// <summary>Something that happened in a <see cref="LabCluster"/>, for people and pictures.</summary>
/// <param name="At">When, in virtual time.</param>
internal abstract record LabEvent(TimeSpan At);

/// <summary>A message was sent.</summary>
/// <param name="At">When, in virtual time.</param>
/// <param name="Group">In which group.</param>
/// <param name="From">By whom.</param>
/// <param name="To">To whom.</param>
/// <param name="Message">What it says.</param>
internal sealed record LabMessageSent(TimeSpan At, string Group, ReplicaId From, ReplicaId To, Message Message) : LabEvent(At);

/// <summary>A message is on its way, or lost at once.</summary>
/// <param name="At">When, in virtual time.</param>
/// <param name="Group">In which group.</param>
/// <param name="From">By whom.</param>
/// <param name="To">To whom.</param>
/// <param name="Message">What it says.</param>
/// <param name="Arrives">When it will arrive; null when it is lost.</param>
internal sealed record LabMessageCarried(TimeSpan At, string Group, ReplicaId From, ReplicaId To, Message Message, TimeSpan? Arrives) : LabEvent(At);

/// <summary>A message that was on its way is lost: its link was cut meanwhile, or its receiver stopped.</summary>
/// <param name="At">When, in virtual time.</param>
/// <param name="Group">In which group.</param>
/// <param name="To">To whom.</param>
/// <param name="Message">What it says.</param>
internal sealed record LabMessageLost(TimeSpan At, string Group, ReplicaId To, Message Message) : LabEvent(At);

/// <summary>A replica's role or term changed.</summary>
/// <param name="At">When, in virtual time.</param>
/// <param name="Group">In which group.</param>
/// <param name="Replica">Whose.</param>
/// <param name="Role">The role now.</param>
/// <param name="Term">The term now.</param>
internal sealed record LabRoleChanged(TimeSpan At, string Group, ReplicaId Replica, RaftRole Role, Term Term) : LabEvent(At);

/// <summary>A replica learnt that more is committed.</summary>
/// <param name="At">When, in virtual time.</param>
/// <param name="Group">In which group.</param>
/// <param name="Replica">Which replica.</param>
/// <param name="CommitIndex">Its commit index now.</param>
internal sealed record LabCommitted(TimeSpan At, string Group, ReplicaId Replica, LogIndex CommitIndex) : LabEvent(At);

/// <summary>Something happened to a replica: it started, stopped, was refused by its disk or taken away, or follows another configuration.</summary>
/// <param name="At">When, in virtual time.</param>
/// <param name="Group">In which group.</param>
/// <param name="Replica">To whom.</param>
/// <param name="What">A sentence.</param>
internal sealed record LabReplicaEvent(TimeSpan At, string Group, ReplicaId Replica, string What) : LabEvent(At);
