namespace OrleansRaft.Server.Access;

/// <summary>The section <c>Raft:Server:Access</c> of a silo's configuration: who may ask what, where keys are asked for.</summary>
public sealed class RaftAccessOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string SectionName = "Raft:Server:Access";

    /// <summary>
    /// For how many seconds a silo that cannot reach the catalogue goes on with the keys that it knew; then it refuses all. A key that was revoked
    /// meanwhile works there for so long, so less is safer and more is more available.
    /// </summary>
    /// <value>The default is 60; from 5 to 86,400.</value>
    public int PatienceSeconds { get; set; } = 60;

    /// <summary>Whether <c>/metrics</c> is open to everybody; otherwise a reader's key is needed.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool OpenMetrics { get; set; }

    /// <summary>
    /// The claim of a JWT that holds its roles, each <c>ROLE</c> or <c>ROLE:TENANT</c>, such as <c>operator</c> or <c>writer:acme</c>. Tokens are
    /// taken where the section <c>Authentication:Schemes:Bearer</c> names who issues them, as for every application of ASP.NET Core.
    /// </summary>
    /// <value>The default is <c>oraft</c>.</value>
    public string JwtClaim { get; set; } = "oraft";
}
