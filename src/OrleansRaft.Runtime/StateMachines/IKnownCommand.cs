namespace OrleansRaft.Runtime.StateMachines;

/// <summary>A command that says itself what <see cref="CommandVersions"/> and <see cref="CommandIdentity"/> find out about others.</summary>
internal interface IKnownCommand
{
    /// <summary>The lowest version that understands it without loss.</summary>
    int Needs { get; }

    /// <summary>Its identity as a request; null to tell requests apart by their bytes.</summary>
    ulong? Identity { get; }
}
