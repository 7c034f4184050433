namespace OrleansRaft;

/// <summary>
/// From which version of a state machine on a command, or a part of one, is understood. A command is refused while the version in force is lower
/// than any that it needs.
/// </summary>
/// <remarks>
/// On the type of a command: whenever such a command is sent. On a member, or the parameter of a record that stands for one: whenever the member has
/// another value than its default, because an earlier program would not read it. On a value of an enumeration: whenever a member has that value. On a
/// method of a replicated grain, or its interface: whenever it is called.
/// </remarks>
/// <param name="version">The version, from 2 on.</param>
[AttributeUsage(
    AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface | AttributeTargets.Method | AttributeTargets.Property
        | AttributeTargets.Field | AttributeTargets.Parameter,
    Inherited = false)]
public sealed class SinceAttribute(int version) : Attribute
{
    /// <summary>The version.</summary>
    public int Version { get; } = version;

    /// <summary>The value of the member that an earlier program assumes; the default of its type unless set.</summary>
    public object? Default { get; init; }
}
