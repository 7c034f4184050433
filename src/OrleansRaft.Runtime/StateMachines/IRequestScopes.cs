namespace OrleansRaft;

/// <summary>
/// Implemented by a state machine whose request ids belong to several parties, such as tenants: each is then kept to its share of the table in which
/// a group remembers ids, and cannot shut the others out. Without it, ids are remembered first come, first served.
/// </summary>
/// <remarks>
/// <para>
/// Only what a leader appends depends on it, never what is applied, so that answers may change from one program to the next. A party may hold as many
/// ids as there are places free: alone half of the table, with k others that take all they can one place in k + 2, and a newcomer always finds one.
/// </para>
/// <para>
/// Asked once for each id on each replica, where commands are decoded and applied: by one thread at a time, and not by the one that steps Raft. A
/// command for whose id it throws is refused with <see cref="RejectionReason.MachineFailed"/>.
/// </para>
/// </remarks>
public interface IRequestScopes
{
    /// <summary>
    /// Whose a request id is: a part of it, or nothing for an id that belongs to nobody, for which only the table's own bound holds.
    /// </summary>
    /// <param name="requestId">The id, in UTF-8.</param>
    ReadOnlySpan<byte> ScopeOf(ReadOnlySpan<byte> requestId);
}
